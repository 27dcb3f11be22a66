import type { LedgerEntry } from '../../evaluation/ledger.js';
import {
  changeDigits,
  formatChange,
  formatCount,
  formatNumber,
  formatPercent,
  formatPrice,
  formatSigned,
} from '../../text/numbers.js';
import { formatStamp, precisionOf } from '../../text/times.js';
import type { TrackRecordAnswer } from '../../wire/track-record.js';
import { type FlagValues, readText, readWholeNumber } from '../flag-values.js';
import { formatTable } from '../format.js';
import { printResult, type Shell } from '../shell.js';

/** That of a refused model: it does not say what it said. */
const DIFFERENT_STATUS = 5;

/** `tradeai ledger show NAME` */
export async function showLedger(shell: Shell, flags: FlagValues, given: string): Promise<void> {
  const name = await shell.workspace.findModel(given);
  const { interval, ...page } = await shell.workspace.ledger(name, {
    limit: readWholeNumber(readText(flags.limit), '--limit'),
    version: readWholeNumber(readText(flags.versionNumber), '--version-number'),
  });
  const { entries } = page;
  const digits = changeDigits(...entries.map(({ predictedChange }) => predictedChange));
  printResult(shell, page, () =>
    formatTable(
      ['as of (UTC)', 'version', 'role', 'signal', 'confidence', 'predicted', 'came', 'close'],
      entries.map((entry) => [
        formatStamp(entry.asOfMs, precisionOf(interval ?? '')),
        String(entry.version),
        entry.role,
        entry.signal,
        formatPercent(entry.confidence),
        formatChange(entry.predictedChange, digits),
        describeOutcome(entry, digits),
        formatPrice(entry.outcome?.close ?? null),
      ]),
      shell.console.colors,
    ),
  );
}

function describeOutcome({ outcome, isUnscorable }: LedgerEntry, digits: number): string {
  if (outcome === null) return isUnscorable ? 'no candle' : 'open';
  const mark = outcome.isHit === null ? ' ' : outcome.isHit ? '✓' : '✗';
  return `${formatChange(outcome.change, digits)} ${mark}`;
}

/** `tradeai ledger record NAME [VERSION]` */
export async function showRecord(shell: Shell, given: string, versionText: string | undefined): Promise<void> {
  const name = await shell.workspace.findModel(given);
  const record = await shell.workspace.record(name, readWholeNumber(versionText, 'version'));
  printResult(shell, record, () => formatRecord(record, shell));
}

function formatRecord(record: TrackRecordAnswer, { console }: Shell): string {
  const { bold, dim, yellow } = console.colors;
  const { name, version, forecasts, scored, fromMs, toMs, promised, drift } = record;
  const span = fromMs === null || toMs === null ? '' : `, ${formatStamp(fromMs)} to ${formatStamp(toMs)} UTC`;
  const [low, high] = record.hitRateCi95 ?? [null, null];
  const table = formatTable(
    ['', 'served', 'reported'],
    [
      [
        'direction right',
        `${formatPercent(record.hitRate)} (${formatPercent(low)} to ${formatPercent(high)})`,
        formatPercent(promised.hitRate),
      ],
      ['80 % interval held', formatPercent(record.intervalCoverage), formatPercent(promised.intervalCoverage)],
      ['Brier score', formatNumber(record.brier, 3), formatNumber(promised.brier, 3)],
      ['IC', formatSigned(record.ic, 3), formatSigned(promised.ic, 3)],
      ['net return of its signals', formatChange(record.netReturn), '–'],
    ],
    console.colors,
  );
  const verdict = drift.isDrifting
    ? drift.reasons.map((reason) => yellow(`! ${reason}`))
    : [dim('no sign that it has fallen below its report')];
  return [
    `${bold(`${name} version ${version}`)}: ${formatCount(forecasts)} forecasts served, ${formatCount(scored)} scored${span}`,
    table,
    ...verdict,
  ].join('\n');
}

/** `tradeai ledger replay NAME` */
export async function replayForecasts(shell: Shell, flags: FlagValues, given: string): Promise<void> {
  const name = await shell.workspace.findModel(given);
  const replay = await shell.workspace.replay(name, { limit: readWholeNumber(readText(flags.limit), '--limit') });
  const { different } = replay;
  printResult(shell, replay, () => {
    const { green, red } = shell.console.colors;
    const count = formatCount(replay.replayed);
    if (different.length === 0) return `${name}: ${count} forecasts made again: ${green('the same bits')}`;
    return [
      `${name}: ${red(`${formatCount(different.length)} of ${count} forecasts are not what they were`)}`,
      ...different.map(
        ({ version, asOfMs, score }) =>
          `  ${formatStamp(asOfMs)} version ${version}: expected ${score.expected}, was ${score.found}`,
      ),
    ].join('\n');
  });
  if (different.length > 0) process.exitCode = DIFFERENT_STATUS;
}
