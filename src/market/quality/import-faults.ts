/** What was seen before rows became a series, and cannot be seen in the series any more. */

/** Why a row was set aside: it cannot be a candle, or another of its time was kept. */
export const ROW_FAULTS = [
  'off-grid',
  'time-out-of-range',
  'not-a-number',
  'price-not-positive',
  'negative-volume',
  'high-below-low',
  'open-outside-range',
  'close-outside-range',
  'conflict',
] as const;
export type RowFault = (typeof ROW_FAULTS)[number];

/** A row that was set aside, as it came. */
export interface RejectedRow {
  readonly openTimeMs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly fault: RowFault;
}

/** What an import met. Whatever is absent was not looked for. */
export interface ImportFaults {
  readonly duplicateRows?: number;
  /** Times that stood more than once with different values; the copy written last was kept. */
  readonly conflictingTimes?: number;
  readonly conflictTimesMs?: readonly number[];
  /** Of those, the ones whose older copy looks like the candle while it was open. */
  readonly partialTimesMs?: readonly number[];
  /** The copies of such times that were not kept. */
  readonly superseded?: readonly RejectedRow[];
  readonly rejected?: readonly RejectedRow[];
  /** Candles at the end that had not closed, and were left out. */
  readonly unclosedRows?: number;
  /** What shows that the times are those of a clock other than UTC's. */
  readonly localTime?: string;
  /** `s`, `ms`, `µs`, `ns`: more than one when the file changes its unit. */
  readonly timeUnits?: readonly string[];
  /** Open times of rows whose base and quote volume have changed places. */
  readonly swappedVolumeTimesMs?: readonly number[];
  /** Lines of a text file that were no rows: their numbers, beginning with 1. */
  readonly badLines?: readonly number[];
}

/** The rows that are kept beside the store when the candles go into it. */
export function setAsideRows({ rejected = [], superseded = [] }: ImportFaults): RejectedRow[] {
  return [...rejected, ...superseded];
}

/** What is known of a series by the rows that were set aside when its candles were stored. */
export function faultsOfSetAside(rows: readonly RejectedRow[]): ImportFaults {
  const conflictTimesMs = [...new Set(rows.filter(isConflict).map(({ openTimeMs }) => openTimeMs))].sort(
    (a, b) => a - b,
  );
  const rejected = rows.filter((row) => !isConflict(row));
  return {
    rejected,
    ...(conflictTimesMs.length > 0 ? { conflictingTimes: conflictTimesMs.length, conflictTimesMs } : {}),
  };
}

function isConflict({ fault }: RejectedRow): boolean {
  return fault === 'conflict';
}

/** Shares of the rows up to which a reader sets faults aside and reports them; above, it refuses the file. */
export interface FaultLimits {
  /** Rows that cannot be candles. */
  readonly invalidShare: number;
  /** Times that stand twice with different values. */
  readonly conflictShare: number;
  readonly offGridShare: number;
  /** Rows whose base and quote volume have changed places. */
  readonly swappedVolumeShare: number;
  /** Whether lines with too few or too many cells are passed over. */
  readonly acceptsBadLines: boolean;
  /** Whether times are taken for those of UTC that show another clock. */
  readonly acceptsLocalTimes: boolean;
}

export const STRICT_LIMITS: FaultLimits = {
  invalidShare: 0,
  conflictShare: 0.001,
  offGridShare: 0.01,
  swappedVolumeShare: 0.001,
  acceptsBadLines: false,
  acceptsLocalTimes: false,
};

/** Nothing that can be read is refused: for looking at a file, not for using it. */
export const INSPECTION_LIMITS: FaultLimits = {
  invalidShare: 1,
  conflictShare: 1,
  offGridShare: 1,
  swappedVolumeShare: 1,
  acceptsBadLines: true,
  acceptsLocalTimes: true,
};

/** A single bad row does not make years of candles worthless; it is set aside and told. */
export const IMPORT_LIMITS: FaultLimits = { ...STRICT_LIMITS, invalidShare: 0.01 };
