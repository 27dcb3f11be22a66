/**
 * Whether candles are fit to train on. A limit that is exceeded refuses the training unless its override is given; an
 * override that was needed is written into the manifest and the warnings of the report.
 *
 * True prices are never refused, however extreme: the limits are about candles that are missing, contradictory, empty, old
 * or of several kinds.
 */

import { TradeAiError } from '../core/errors.js';
import { shareOf } from '../core/statistics.js';
import { originOf } from '../market/candle-origin.js';
import { type CandleSeries, findGaps, rowCountOf } from '../market/candle-series.js';
import { describeConstantClose, findConstantClose } from '../market/dead-market.js';
import { INTERVAL_MS } from '../market/interval.js';
import type { ImportFaults } from '../market/quality/import-faults.js';
import { describeMixture, findMixtures } from '../market/quality/mixtures.js';
import { findPriceBreaks } from '../market/quality/price-breaks.js';
import type { DataOptions, FeatureOptions } from '../options/train-options.js';
import { counted, percent, utcTime } from '../text/sentences.js';
import type { Collected } from './collect.js';

/** The overrides, and the limit that each one lifts. */
export const DATA_OVERRIDES = {
  allowGaps: '--allow-gaps',
  allowConflicts: '--allow-conflicts',
  allowOhlcErrors: '--allow-ohlc-errors',
  allowZeroVolume: '--allow-zero-volume',
  allowStale: '--allow-stale',
  allowMixed: '--allow-mixed',
} as const;
export type DataOverrideName = keyof typeof DATA_OVERRIDES;

/** A limit that the candles exceed. */
export interface ExceededLimit {
  readonly override: DataOverrideName;
  /** What was found, what is accepted, and when. */
  readonly finding: string;
}

/** A candle that is missing between others makes a window of 24 hours one of 25; hundreds of them make another market. */
const MISSING_SHARE_LIMIT = 0.01;
/** Where every tenth candle saw no trade, the others have prices that nobody could have had in size. */
const ZERO_VOLUME_SHARE_LIMIT = 0.1;
const STALE_INTERVALS = 2;
const TIMES_SHOWN = 3;

export interface GateSubject {
  readonly series: CandleSeries;
  readonly faults: ImportFaults;
  /** A gap of more missing candles splits the series and is not counted: no window crosses it. */
  readonly maximumGapRows: number;
  /** The time by which a live series must be current; absent for a history, which may end where it ends. */
  readonly nowMs?: number;
}

/**
 * The limits that the candles exceed, in the order of the overrides.
 *
 * @example findExceededLimits({ series, faults: {}, maximumGapRows: 24 })
 */
export function findExceededLimits(subject: GateSubject): ExceededLimit[] {
  return [
    ...findMissing(subject),
    ...findConflicts(subject.faults),
    ...findOhlcErrors(subject.faults),
    ...findEmpty(subject.series),
    ...findStale(subject),
    ...findMixed(subject.series),
  ];
}

/**
 * No override lifts this: without a move there is nothing to learn, whatever else the candles are.
 *
 * @throws TradeAiError `DATA_REFUSED`
 */
export function refuseConstantPrice(series: CandleSeries): void {
  const price = findConstantClose(series);
  if (price === undefined) return;
  throw new TradeAiError(
    'DATA_REFUSED',
    `${series.symbol} ${series.interval}: ${describeConstantClose(price, rowCountOf(series))}`,
    { hint: 'look whether the file and its columns are the right ones, and whether the pair is traded at all' },
  );
}

export interface GatePass {
  /** Overrides that were needed. */
  readonly overrides: readonly ExceededLimit[];
  readonly warnings: readonly string[];
}

/**
 * Lets a training go on, or refuses it.
 *
 * @param nowMs this computer's time, used where the exchange did not tell its own
 * @throws TradeAiError `DATA_REFUSED` for a price that never moves, or naming every limit exceeded without its override
 */
export function passDataGate(
  { series, source, faults, exchangeTimeMs }: Collected,
  options: DataOptions & Pick<FeatureOptions, 'maxGap'>,
  nowMs: number,
): GatePass {
  refuseConstantPrice(series);
  const isLive =
    options.data === undefined && options.to === undefined && !options.offline && !originOf(source).isFinite;
  const exceeded = findExceededLimits({
    series,
    faults,
    maximumGapRows: options.maxGap,
    nowMs: isLive ? (exchangeTimeMs ?? nowMs) : undefined,
  });
  const refused = exceeded.filter(({ override }) => !options[override]);
  if (refused.length > 0) {
    const look = `tradeai data check${options.data === undefined ? '' : ' --data FILE'}`;
    const flags = [...new Set(refused.map(({ override }) => DATA_OVERRIDES[override]))].join(' ');
    throw new TradeAiError(
      'DATA_REFUSED',
      `${series.symbol} ${series.interval}: not fit to train on: ${refused.map(({ finding }) => finding).join('; ')}`,
      { commandHint: `look at them with \`${look}\`; to train all the same, add ${flags} to \`tradeai train\`` },
    );
  }
  return {
    overrides: exceeded,
    warnings: exceeded.map(({ override, finding }) => `trained all the same (${DATA_OVERRIDES[override]}): ${finding}`),
  };
}

function findMissing({ series, maximumGapRows }: GateSubject): ExceededLimit[] {
  const breaks = new Set(findPriceBreaks(series).map(({ row }) => row));
  const inside = findGaps(series).filter((gap) => gap.missingRows <= maximumGapRows && !breaks.has(gap.rowBefore + 1));
  const missingRows = inside.reduce((sum, gap) => sum + gap.missingRows, 0);
  const share = shareOf(missingRows, rowCountOf(series) + missingRows);
  if (share <= MISSING_SHARE_LIMIT) return [];
  const times = timesText(inside.map((gap) => gap.fromMs));
  return exceeds(
    'allowGaps',
    `${counted(missingRows, 'candle')} missing within the segments used (${percent(share)}, limit ${percent(MISSING_SHARE_LIMIT)}), ${times}`,
  );
}

function findConflicts({ conflictingTimes = 0, conflictTimesMs = [] }: ImportFaults): ExceededLimit[] {
  if (conflictingTimes === 0) return [];
  const times = timesText(conflictTimesMs, conflictingTimes);
  return exceeds(
    'allowConflicts',
    `${counted(conflictingTimes, 'time')} with two different candles (limit 0), ${times}`,
  );
}

function findOhlcErrors({ rejected = [] }: ImportFaults): ExceededLimit[] {
  const bad = rejected.filter(({ fault }) => fault !== 'off-grid');
  if (bad.length === 0) return [];
  const faults = [...new Set(bad.map(({ fault }) => fault))].join(', ');
  const times = timesText(bad.map(({ openTimeMs }) => openTimeMs));
  return exceeds(
    'allowOhlcErrors',
    `${counted(bad.length, 'row')} that cannot be a candle (${faults}; limit 0), ${times}`,
  );
}

function findEmpty({ volume, openTimeMs }: CandleSeries): ExceededLimit[] {
  const times = openTimeMs.filter((_, row) => volume[row] === 0);
  const share = shareOf(times.length, volume.length);
  if (share <= ZERO_VOLUME_SHARE_LIMIT) return [];
  return exceeds(
    'allowZeroVolume',
    `${counted(times.length, 'candle')} without trades (${percent(share)}, limit ${percent(ZERO_VOLUME_SHARE_LIMIT)}), ${timesText(Array.from(times.subarray(0, TIMES_SHOWN)), times.length)}`,
  );
}

function findStale({ series, nowMs }: GateSubject): ExceededLimit[] {
  if (nowMs === undefined) return [];
  const lengthMs = INTERVAL_MS[series.interval];
  const lastOpenMs = series.openTimeMs[rowCountOf(series) - 1];
  const ageIntervals = (nowMs - lastOpenMs - lengthMs) / lengthMs;
  if (ageIntervals <= STALE_INTERVALS) return [];
  return exceeds(
    'allowStale',
    `the last candle, of ${utcTime(lastOpenMs)}, closed ${counted(Math.floor(ageIntervals), 'interval')} ago (limit ${STALE_INTERVALS})`,
  );
}

function findMixed(series: CandleSeries): ExceededLimit[] {
  return findMixtures(series).map((mixture) => ({ override: 'allowMixed', finding: describeMixture(mixture) }));
}

function exceeds(override: DataOverrideName, finding: string): ExceededLimit[] {
  return [{ override, finding }];
}

/** @param count of all times, where only the first are given */
function timesText(timesMs: readonly number[], count = timesMs.length): string {
  const shown = timesMs.slice(0, TIMES_SHOWN).map(utcTime);
  return `${count > shown.length ? 'the first ' : ''}at ${shown.join(', ')}`;
}
