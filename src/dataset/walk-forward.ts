import { TradeAiError } from '../core/errors.js';
import { planSplit, type Split, type SplitOptions } from './split.js';

export interface WalkForwardOptions extends SplitOptions {
  /** Ranges the test part is cut into, each with a model trained from scratch; 0 and 1 train once. */
  readonly folds: number;
  /** Trains on a window that moves along with the folds, instead of on everything before. */
  readonly rolling?: boolean;
}

/**
 * Plans a walk-forward evaluation: the last `testShare` of the rows is cut into `folds` test ranges of equal length (to
 * a row), and every test range has its own split, whose parts keep the gaps of `planSplit`. Oldest first.
 *
 *     expanding    |------ train ------|gap|- validation -|gap|= test 1 =|
 *                  |------------- train -------------|gap|- validation -|gap|= test 2 =|
 *                  |---------------------- train ----------------------|gap|- validation -|gap|= test 3 =|
 *
 *     rolling      |------ train ------|gap|- validation -|gap|= test 1 =|
 *                               |------ train ------|gap|- validation -|gap|= test 2 =|
 *                                            |------ train ------|gap|- validation -|gap|= test 3 =|
 *
 * The test ranges joined are the test part of `planSplit`, so the rows judged are the same whatever the folds. Every
 * validation part has the length of the first, and in a rolling plan every train part too.
 *
 * @throws TradeAiError `CANDLES_TOO_FEW` when a part would be empty, or a test range shorter than the gap before it (the
 *   folds would differ in less than what purging takes from them), saying how many folds fit
 */
export function planWalkForward(options: WalkForwardOptions): Split[] {
  const { folds, rolling = false, horizonSteps } = options;
  const first = planSplit(options);
  if (folds <= 1) return [first];
  const testRows = first.test.end - first.test.start;
  const fittingFolds = Math.max(1, Math.floor(testRows / (2 * horizonSteps)));
  if (folds > fittingFolds) {
    throw new TradeAiError(
      'CANDLES_TOO_FEW',
      `${folds} folds do not fit into ${testRows} test rows at horizon ${horizonSteps}: ${fittingFolds} at most`,
      { commandHint: `take --folds ${fittingFolds} or fewer, or bring more candles` },
    );
  }
  const testStart = (fold: number) => first.test.start + Math.floor((fold * testRows) / folds);
  return Array.from({ length: folds }, (_, fold) => {
    const shift = testStart(fold) - first.test.start;
    return {
      train: { start: rolling ? shift : 0, end: first.train.end + shift },
      validation: { start: first.validation.start + shift, end: first.validation.end + shift },
      test: { start: testStart(fold), end: testStart(fold + 1) },
    };
  });
}
