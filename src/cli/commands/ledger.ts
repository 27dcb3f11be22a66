import { TradeAiError } from '../../core/errors.js';
import type { ForwardRecord } from '../../evaluation/forward-record.js';
import type { LedgerEntry } from '../../evaluation/ledger.js';
import { formatPercent, percentDigits } from '../../forecast/signal.js';
import { openRecordKeeper } from '../../live/record-keeper.js';
import { replayLedger } from '../../live/replay-ledger.js';
import { decodeModel } from '../../versions/model-files.js';
import { type FlagValues, readText, readWholeNumber } from '../flag-values.js';
import { formatCount, formatPrice, formatShare, formatSigned, formatTable, formatTime } from '../format.js';
import { printResult, type Shell } from '../shell.js';

const SHOWN_FORECASTS = 20;
const REPLAYED_FORECASTS = 100;
/** That of a refused model: it does not say what it said. */
const DIFFERENT_STATUS = 5;

/** `tradeai ledger show NAME` */
export async function showLedger(shell: Shell, flags: FlagValues, name: string): Promise<void> {
  const limit = readWholeNumber(readText(flags.limit), '--limit') ?? SHOWN_FORECASTS;
  const version = readWholeNumber(readText(flags.versionNumber), '--version-number');
  const { entries, nextBeforeMs, problems } = await shell.ports.ledger.read({ name, version, limit });
  if (entries.length === 0) throw await nothingServed(shell, name, problems);
  const { interval } = await shell.ports.registry.readManifest(name, entries[0].version);
  const digits = percentDigits(...entries.map(({ predictedChange }) => predictedChange));
  printResult(shell, { name, entries, nextBeforeMs, problems }, () =>
    formatTable(
      ['as of (UTC)', 'version', 'role', 'signal', 'confidence', 'predicted', 'came', 'close'],
      entries.map((entry) => [
        formatTime(entry.asOfMs, interval),
        String(entry.version),
        entry.role,
        entry.signal,
        formatShare(entry.confidence),
        formatPercent(entry.predictedChange, true, digits),
        describeOutcome(entry, digits),
        entry.outcome === null ? '–' : formatPrice(entry.outcome.close),
      ]),
      shell.console.colors,
    ),
  );
}

function describeOutcome({ outcome, isUnscorable }: LedgerEntry, digits: number): string {
  if (outcome === null) return isUnscorable ? 'no candle' : 'open';
  const mark = outcome.isHit === null ? ' ' : outcome.isHit ? '✓' : '✗';
  return `${formatPercent(outcome.change, true, digits)} ${mark}`;
}

/** `tradeai ledger record NAME [VERSION]` */
export async function showRecord(shell: Shell, name: string, versionText: string | undefined): Promise<void> {
  const { ports } = shell;
  const model = decodeModel(await ports.registry.load(name, readWholeNumber(versionText, 'version')));
  const record = (await openRecordKeeper(model, ports)).record();
  printResult(shell, record, () => formatRecord(record, shell));
}

function formatRecord(record: ForwardRecord, { console }: Shell): string {
  const { bold, dim, yellow } = console.colors;
  const { name, version, forecasts, scored, fromMs, toMs, promised, drift } = record;
  const span = fromMs === null || toMs === null ? '' : `, ${formatTime(fromMs)} to ${formatTime(toMs)} UTC`;
  const decimals = (value: number | null) => (value === null ? '–' : value.toFixed(3));
  const [low, high] = record.hitRateCi95 ?? [null, null];
  const table = formatTable(
    ['', 'served', 'promised'],
    [
      [
        'direction right',
        `${formatShare(record.hitRate)} (${formatShare(low)} to ${formatShare(high)})`,
        formatShare(promised.hitRate),
      ],
      ['80 % interval held', formatShare(record.intervalCoverage), formatShare(promised.intervalCoverage)],
      ['Brier score', decimals(record.brier), decimals(promised.brier)],
      ['IC', decimals(record.ic), decimals(promised.ic)],
      [
        'net return of its signals',
        record.netReturn === null ? '–' : `${formatSigned(record.netReturn, 2, 100)} %`,
        '–',
      ],
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
export async function replayForecasts(shell: Shell, flags: FlagValues, name: string): Promise<void> {
  const { ports } = shell;
  const limit = readWholeNumber(readText(flags.limit), '--limit') ?? REPLAYED_FORECASTS;
  const recordings = await ports.ledger.recordings({ name, limit });
  if (recordings.length === 0) throw await nothingServed(shell, name);
  const replayed = await replayLedger(name, recordings, ports);
  const different = replayed.filter(({ isEqual }) => !isEqual);
  printResult(shell, { name, replayed: replayed.length, different }, () => {
    const { green, red } = shell.console.colors;
    const count = formatCount(replayed.length);
    if (different.length === 0) return `${name}: ${count} forecasts made again: ${green('the same bits')}`;
    return [
      `${name}: ${red(`${formatCount(different.length)} of ${count} forecasts are not what they were`)}`,
      ...different.map(
        ({ version, asOfMs, score }) =>
          `  ${formatTime(asOfMs)} version ${version}: expected ${score.expected}, was ${score.found}`,
      ),
    ].join('\n');
  });
  if (different.length > 0) process.exitCode = DIFFERENT_STATUS;
}

/** Tells a model that has served nothing from one that there is not, and from one whose ledger is damaged. */
async function nothingServed({ ports }: Shell, name: string, problems: readonly string[] = []): Promise<TradeAiError> {
  await ports.registry.load(name);
  if (problems.length > 0) {
    return new TradeAiError(
      'STORAGE_UNREADABLE',
      `nothing of the ledger of ${name} can be read: ${problems.join('; ')}`,
      {
        hint: `put data/ledger/${name} back from a copy`,
      },
    );
  }
  return new TradeAiError('FORECAST_NOT_READY', `${name} has served no forecast yet`, {
    hint: '`tradeai serve` forecasts every candle and keeps the ledger',
  });
}
