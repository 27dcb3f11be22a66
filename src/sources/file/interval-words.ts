/** Candle lengths as vendors write them into the names of files. Pure. */

import { INTERVAL_MS, type Interval, intervalOfMs } from '../../market/interval.js';

const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ...unit(1_000, 's sec second seconds'),
  ...unit(60_000, 'm min mins minute minutes minutely'),
  ...unit(3_600_000, 'h hr hrs hour hours hourly'),
  ...unit(86_400_000, 'd day days daily'),
  ...unit(7 * 86_400_000, 'w wk week weeks weekly'),
]);
const MONTHS = /^(?:\d*(?:M|mo|mon|month|months|MTH|MN|MONTH)|MN1|monthly|M)$/;
/** In seconds, as Coinbase has it; every other plain number is of minutes. */
const SECONDS = ['300', '900', '3600', '21600', '86400'];
const MINUTES = ['1', '3', '5', '15', '30', '60', '120', '240', '360', '480', '720', '1440', '4320', '10080'];

function unit(lengthMs: number, names: string): [string, number][] {
  return names.split(' ').map((name) => [name, lengthMs]);
}

/** What a word says: a known length, a length that is not known here, or nothing of the kind. */
export type IntervalWord = Interval | 'other' | undefined;

/**
 * Reads `1h`, `60min`, `H1`, `1D`, `hour`, `d`. `M` is a month where it stands in a capital behind a number (`1M`), minutes
 * before one (`M15`, MetaTrader's).
 */
export function readIntervalWord(word: string): IntervalWord {
  if (Object.hasOwn(INTERVAL_MS, word)) return word as Interval;
  const before = /^([MHDW])(\d{1,2})$/.exec(word) ?? /^([mhdw])(\d{1,2})$/.exec(word);
  if (before) return known(Number(before[2]) * UNIT_MS.get(before[1].toLowerCase())!);
  if (MONTHS.test(word)) return 'other';
  const behind = /^(\d{0,4})([A-Za-z]+)$/.exec(word);
  const unitMs = behind ? UNIT_MS.get(behind[2].toLowerCase()) : undefined;
  if (!behind || unitMs === undefined || behind[1].length === 4) return undefined;
  return known(Number(behind[1] || 1) * unitMs);
}

/** A plain number behind a symbol: minutes, as TradingView, Kraken and Bybit have them, or the seconds of Coinbase. */
export function readIntervalNumber(word: string): IntervalWord {
  if (SECONDS.includes(word)) return known(Number(word) * 1_000);
  return MINUTES.includes(word) ? known(Number(word) * 60_000) : undefined;
}

function known(lengthMs: number): IntervalWord {
  return intervalOfMs(lengthMs) ?? 'other';
}
