/** The forward record of a model of the memory service, counted from its ledger. */

import { correlation, mean, wilsonInterval } from '../../src/core/statistics.js';
import type { ForwardRecordAnswer, LedgerEntryAnswer, VersionSummary } from '../../src/wire/wire.js';

const COST_PER_TRADE = 0.002;
const BINS = [0.5, 0.52, 0.54, 0.57, 0.6, 0.65, 1.001];

export function makeMemoryRecord(
  name: string,
  version: VersionSummary,
  role: 'champion' | 'shadow',
  all: readonly LedgerEntryAnswer[],
  isDrifting: boolean,
): ForwardRecordAnswer {
  const entries = all.filter((entry) => entry.version === version.version);
  const scored = entries.filter((entry) => entry.outcome !== null);
  const judged = scored.filter((entry) => entry.outcome!.isHit !== null);
  const hits = judged.filter((entry) => entry.outcome!.isHit).length;
  const none = scored.length === 0;
  return {
    name,
    version: version.version,
    role,
    forecasts: entries.length,
    scored: scored.length,
    fromMs: scored[0]?.asOfMs ?? null,
    toMs: scored.at(-1)?.asOfMs ?? null,
    hitRate: judged.length === 0 ? null : hits / judged.length,
    hitRateCi95: judged.length === 0 ? null : wilsonInterval(hits, judged.length),
    brier: none ? null : mean(judged.map(({ confidence, outcome }) => (confidence - Number(outcome!.isHit)) ** 2)),
    intervalCoverage: none ? null : mean(scored.map(({ outcome }) => Number(outcome!.isInside))),
    ic: none
      ? null
      : correlation(
          scored.map(({ predictedChange }) => predictedChange),
          scored.map(({ outcome }) => outcome!.change),
        ),
    netReturn: none ? null : scored.reduce((sum, entry) => sum + netReturnOf(entry), 0),
    signals: entries.filter(({ signal }) => signal !== 'HOLD').length,
    promised: {
      hitRate: version.test?.directionalAccuracy ?? null,
      ic: version.test?.ic ?? null,
      brier: version.test?.brier ?? null,
      intervalCoverage: version.test?.intervalCoverage ?? null,
    },
    drift: {
      isDrifting,
      pValue: none ? null : isDrifting ? 0.0008 : 0.42,
      reasons: isDrifting ? ['hit rate 47.1 % over the newest 300 forecasts, promised 53.4 % (p = 0.0008)'] : [],
    },
    reliability: BINS.slice(0, -1).flatMap((from, i) => {
      const inside = judged.filter(({ confidence }) => confidence >= from && confidence < BINS[i + 1]);
      if (inside.length === 0) return [];
      return [
        {
          confidence: mean(inside.map(({ confidence }) => confidence)),
          hitRate: mean(inside.map(({ outcome }) => Number(outcome!.isHit))),
          count: inside.length,
        },
      ];
    }),
  };
}

function netReturnOf({ signal, outcome }: LedgerEntryAnswer): number {
  if (signal === 'HOLD') return 0;
  return (signal === 'BUY' ? 1 : -1) * outcome!.change - COST_PER_TRADE;
}
