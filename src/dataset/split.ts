import { TradeAiError } from '../core/errors.js';

/** Rows [start, end). */
export interface RowRange {
  readonly start: number;
  readonly end: number;
}

/**
 * One chronological split.
 *
 *     |------------ train ------------|gap|--- validation ---|gap|------- test -------|
 *     0                                                                              T
 *
 * A gap is `horizonSteps` rows purged, whose labels look into the next part, and as many of embargo after them.
 */
export interface Split {
  readonly train: RowRange;
  readonly validation: RowRange;
  readonly test: RowRange;
}

export interface SplitOptions {
  readonly rowCount: number;
  readonly horizonSteps: number;
  /** Share of all rows that the test part takes, at the end. */
  readonly testShare: number;
  /** Share of all rows that the validation part takes, before the test part. */
  readonly validationShare: number;
}

/**
 * Plans the split of `rowCount` rows. The test part has its rows whatever the other options are.
 *
 * @throws TradeAiError `CANDLES_TOO_FEW` when a part would be empty
 */
export function planSplit({ rowCount, horizonSteps, testShare, validationShare }: SplitOptions): Split {
  const gapRows = 2 * horizonSteps;
  const testStart = rowCount - Math.round(rowCount * testShare);
  const validationEnd = testStart - gapRows;
  const validationStart = testStart - Math.round(rowCount * validationShare);
  const split: Split = {
    train: { start: 0, end: validationStart - gapRows },
    validation: { start: validationStart, end: validationEnd },
    test: { start: testStart, end: rowCount },
  };
  for (const [part, { start, end }] of Object.entries(split)) {
    if (end <= start) {
      throw new TradeAiError(
        'CANDLES_TOO_FEW',
        `the ${part} part of ${rowCount} candles is empty (horizon ${horizonSteps}, test share ${testShare})`,
        { commandHint: 'bring more candles, or take a smaller --test-share or --horizon' },
      );
    }
  }
  return split;
}
