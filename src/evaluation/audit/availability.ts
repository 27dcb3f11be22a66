import { closeTimeMs, rowCountOf } from '../../market/candle-series.js';
import type { AuditCheck, AuditContext } from './context.js';
import { type Finding, formatInstant } from './report.js';

/** Every candle must be closed when it is used: at the decision of its row, and when the candles were collected. */
export const availability: AuditCheck = {
  name: 'availability',
  description: 'every candle is closed before its row is decided on',
  find: (context) => [...findOpenCandle(context), ...findEarlyDecision(context)].slice(0, 1),
};

function findOpenCandle({ series, subject }: AuditContext): Finding[] {
  const { nowMs } = subject;
  const first = series.openTimeMs.findIndex((_, row) => closeTimeMs(series, row) > nowMs);
  if (first === -1) return [];
  const timeMs = series.openTimeMs[first];
  return [
    {
      column: 'close',
      timeMs,
      message: `expected only closed candles at ${formatInstant(nowMs)}, was one that closes at ${formatInstant(closeTimeMs(series, first))}`,
      hint: 'leave the candle that is still open out: its high, low, close and volume are not what they will be',
    },
  ];
}

function findEarlyDecision({ series, subject }: AuditContext): Finding[] {
  for (let row = 0; row < rowCountOf(series); row++) {
    const decisionMs = subject.decisionTimeMs(series, row);
    const closedMs = closeTimeMs(series, row);
    if (decisionMs >= closedMs) continue;
    const timeMs = series.openTimeMs[row];
    return [
      {
        column: 'close',
        timeMs,
        message: `expected the decision of the candle of ${formatInstant(timeMs)} at its close ${formatInstant(closedMs)} or later, was ${formatInstant(decisionMs)}`,
        hint: 'decide at the close of the candle whose features are used, or use the features of the candle before',
      },
    ];
  }
  return [];
}
