import { readWorkspaceConfig } from '../../app/workspace-config.js';
import { listUpdatable, type UpdateOutcome, updateAll } from '../../candles/update.js';
import { describeError, TradeAiError } from '../../core/errors.js';
import { checkSourceName } from '../../core/names.js';
import { parseInterval } from '../../market/interval.js';
import type { StoredSeriesKey } from '../../ports/candle-store.js';
import { exitStatusOf } from '../exit-status.js';
import { type FlagValues, readText } from '../flag-values.js';
import { formatCount } from '../format.js';
import { printResult, type Shell } from '../shell.js';
import { readSymbols } from '../symbol-list.js';

/** `tradeai data update` */
export async function updateData(shell: Shell, flags: FlagValues): Promise<void> {
  const keys = await selectSeries(shell, flags);
  const { yellow } = shell.console.noteColors;
  const told = new Set<string>();
  const onNotice = (text: string) => {
    if (!told.has(text)) shell.console.printNote(yellow(`! ${text}`));
    told.add(text);
  };
  const outcomes = await updateAll(keys, shell.ports, { signal: shell.signal, onNotice });
  const failure = outcomes.find((outcome) => 'error' in outcome);
  if (outcomes.length === 1 && failure) throw failure.error;
  printResult(shell, outcomes.map(toPlain), () => outcomes.map((outcome) => describe(outcome, shell)).join('\n'));
  if (failure) process.exitCode = exitStatusOf(failure.error);
}

/** @throws TradeAiError `USAGE`, `CANDLES_NOT_FOUND` */
async function selectSeries({ home, ports }: Shell, flags: FlagValues): Promise<StoredSeriesKey[]> {
  const symbolsText = readText(flags.symbol);
  if (flags.all === true && symbolsText !== undefined) {
    throw new TradeAiError('USAGE', 'expected --all or --symbol, was both');
  }
  const symbols =
    symbolsText === undefined ? await symbolsOfConfig(home, flags.all === true) : readSymbols(symbolsText, '--symbol');
  const interval = flags.interval === undefined ? undefined : parseInterval(String(flags.interval));
  const stored = await listUpdatable(ports);
  const keys = stored.filter(
    (key) =>
      (symbols?.includes(key.symbol) ?? true) &&
      (interval === undefined || key.interval === interval) &&
      (flags.source === undefined || key.source === checkSourceName(String(flags.source))),
  );
  const missing = symbols?.find((symbol) => !keys.some((key) => key.symbol === symbol));
  if (missing === undefined && keys.length > 0) return keys;
  throw new TradeAiError(
    'CANDLES_NOT_FOUND',
    missing === undefined ? 'no stored candles that could be updated' : `no candles of ${missing} are stored`,
    { hint: `fetch them first: \`tradeai data fetch --symbol ${missing ?? 'BTCUSDT'}\`` },
  );
}

/** The symbols of the workspace's config; none, which is every one, where it names none or all are wanted. */
async function symbolsOfConfig(home: string, isAll: boolean): Promise<readonly string[] | undefined> {
  if (isAll) return undefined;
  const { symbols } = await readWorkspaceConfig(home);
  return symbols.length === 0 ? undefined : symbols;
}

function toPlain(outcome: UpdateOutcome) {
  if ('error' in outcome) return { ...outcome.key, error: describeError(outcome.error) };
  const { key, addedRows, revisedRows, revisions, candles, clockOffsetMs } = outcome;
  const lastOpenTimeMs = candles.openTimeMs.at(-1) ?? null;
  return { ...key, addedRows, revisedRows, lastOpenTimeMs, clockOffsetMs, revisions };
}

function describe(outcome: UpdateOutcome, { console }: Shell): string {
  const { symbol, interval, source } = outcome.key;
  const name = `${symbol} ${interval} from ${source}`;
  if ('error' in outcome) return `${name}: ${console.colors.red('failed')}: ${describeError(outcome.error).message}`;
  return `${name}: ${formatCount(outcome.addedRows)} candles added, ${formatCount(outcome.revisedRows)} revised`;
}
