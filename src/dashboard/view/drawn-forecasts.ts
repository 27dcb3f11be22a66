/** Forecasts of the ledger as a chart draws them. */

import type { LedgerEntryAnswer, PredictionAnswer } from '../../wire/wire.js';
import type { DrawnForecast } from '../charts/forecast-layer.js';
import type { DrawnSignal } from '../charts/price-chart.js';

/** Champion's forecasts, oldest first, the newest one (from the ledger or just made) open until its outcome is there. */
export function drawnForecasts(
  entries: readonly LedgerEntryAnswer[],
  newest: PredictionAnswer | null,
): DrawnForecast[] {
  const drawn = entries
    .filter(({ role }) => role === 'champion')
    .map((entry) => toDrawn(entry, entry.outcome === null));
  const last = drawn[drawn.length - 1];
  if (newest !== null && (last === undefined || newest.asOfMs > last.asOfMs)) drawn.push(toDrawn(newest, true));
  return drawn;
}

/** BUY and SELL of the champion, the newest one with them, from `fromMs` to `toMs`: a mark needs the candle it stands at. */
export function drawnSignals(
  entries: readonly LedgerEntryAnswer[],
  newest: PredictionAnswer | null,
  fromMs: number,
  toMs: number,
): DrawnSignal[] {
  const served = entries.filter(({ role }) => role === 'champion');
  const isNew = newest !== null && newest.asOfMs > (served[served.length - 1]?.asOfMs ?? 0);
  return [...served, ...(isNew ? [newest] : [])].flatMap(({ signal, asOfMs }) =>
    signal !== 'HOLD' && asOfMs >= fromMs && asOfMs <= toMs ? [{ asOfMs, signal }] : [],
  );
}

/** The entries, oldest first, with one that has just come or has just got its outcome. */
export function putEntry(entries: readonly LedgerEntryAnswer[], entry: LedgerEntryAnswer): LedgerEntryAnswer[] {
  const before = entries.findLastIndex(({ asOfMs }) => asOfMs < entry.asOfMs) + 1;
  const same = entries.findIndex(
    ({ asOfMs, version, role }, row) =>
      row >= before && asOfMs === entry.asOfMs && version === entry.version && role === entry.role,
  );
  return same < 0 ? entries.toSpliced(before, 0, entry) : entries.with(same, entry);
}

/**
 * Two pages of a ledger as one, oldest first; of an entry that is in both, the one that has its outcome counts.
 *
 * @param page newest first, as the server sends it
 * @param known oldest first
 */
export function joinEntries(
  page: readonly LedgerEntryAnswer[],
  known: readonly LedgerEntryAnswer[],
): LedgerEntryAnswer[] {
  const byKey = new Map<string, LedgerEntryAnswer>();
  for (const entry of [...known, ...page]) {
    const key = `${entry.asOfMs} ${entry.version} ${entry.role}`;
    const before = byKey.get(key);
    if (before === undefined || before.outcome === null) byKey.set(key, entry);
  }
  return [...byKey.values()].sort((a, b) => a.asOfMs - b.asOfMs);
}

function toDrawn(
  {
    asOfMs,
    targetTimeMs,
    lastClose,
    predictedChange,
    interval80: [low, high],
  }: Pick<LedgerEntryAnswer, 'asOfMs' | 'targetTimeMs' | 'lastClose' | 'predictedChange' | 'interval80'>,
  isOpen: boolean,
): DrawnForecast {
  return {
    asOfMs,
    targetTimeMs,
    lastClose,
    price: lastClose * (1 + predictedChange),
    low: lastClose * (1 + low),
    high: lastClose * (1 + high),
    isOpen,
  };
}
