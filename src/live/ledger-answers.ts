/** The ledger as the API tells of it. */

import type { LedgerEntry } from '../evaluation/ledger.js';
import type { TrackRecordAnswer } from '../wire/track-record.js';
import type { LedgerEntryAnswer, ModelSummary } from '../wire/wire.js';

export function toEntryAnswer(entry: LedgerEntry): LedgerEntryAnswer {
  const { name, version, role, asOfMs, targetTimeMs, servedAtMs, lastClose, predictedChange, confidence, signal } =
    entry;
  return {
    name,
    version,
    role,
    asOfMs,
    targetTimeMs,
    servedAtMs,
    lastClose,
    predictedChange,
    interval80: [...entry.interval80],
    confidence,
    signal,
    outcome: entry.outcome === null ? null : { ...entry.outcome },
  };
}

/** The few figures of a track record that stand in the overview. */
export function toRecordFigures(record: TrackRecordAnswer): NonNullable<ModelSummary['record']> {
  const { scored, hitRate, hitRateCi95, ic, intervalCoverage, drift } = record;
  return { scored, hitRate, hitRateCi95, ic, intervalCoverage, drift };
}
