import { readWorkspaceConfig } from '../../app/workspace-config.js';
import type { StoreUpdate } from '../../candles/store-writer.js';
import { updateStore } from '../../candles/update.js';
import { runLimited } from '../../core/concurrency.js';
import { describeError, TradeAiError } from '../../core/errors.js';
import { checkSourceName } from '../../core/names.js';
import { DEFAULT_SOURCE, originOf } from '../../market/candle-origin.js';
import { parseInterval } from '../../market/interval.js';
import { DEFAULT_INTERVAL, emptyRange, parseTime } from '../../options/train-options.js';
import type { StoredSeriesKey } from '../../ports/candle-store.js';
import { exitStatusOf } from '../exit-status.js';
import { FetchDisplay } from '../fetch-display.js';
import { type FlagValues, readText } from '../flag-values.js';
import { formatCount } from '../format.js';
import { printResult, type Shell } from '../shell.js';
import { readSymbols } from '../symbol-list.js';

type Outcome = { key: StoredSeriesKey; update: StoreUpdate } | { key: StoredSeriesKey; error: unknown };

const SYMBOLS_AT_ONCE = 3;

/** `tradeai data fetch` */
export async function fetchData(shell: Shell, flags: FlagValues): Promise<void> {
  const source = checkSourceName(String(flags.source ?? DEFAULT_SOURCE));
  if (originOf(source).isImported) {
    throw new TradeAiError('USAGE', 'candles of the source file come from files: there is nothing to fetch them from', {
      hint: 'bring them with `tradeai data import FILE`',
    });
  }
  const keys = await chooseSeries(shell, flags, source);
  const { fromMs, toMs } = readRange(flags, shell.ports.now());
  const display = new FetchDisplay(shell.console, Date.now);
  const outcomes = await runLimited<Outcome>(keys.length, SYMBOLS_AT_ONCE, async (index) => {
    const key = keys[index];
    const startedMs = Date.now();
    const onFetch = (rowsDone: number, lastMs: number) => display.report(key, startedMs, toMs, rowsDone, lastMs);
    try {
      return { key, update: await updateStore(key, fromMs, toMs, shell.ports, { signal: shell.signal, onFetch }) };
    } catch (error) {
      if (error instanceof TradeAiError && error.code === 'INTERRUPTED') {
        throw new TradeAiError('INTERRUPTED', error.message, {
          hint: 'what has come is kept; the same command goes on from there',
          cause: error,
        });
      }
      return { key, error };
    } finally {
      display.finish(key);
    }
  });
  shell.console.settle();
  tellOutcomes(shell, outcomes);
}

/**
 * The symbols and the interval named, else those of the workspace's config.
 *
 * @throws TradeAiError `USAGE` without a symbol anywhere
 */
async function chooseSeries({ home }: Shell, flags: FlagValues, source: string): Promise<StoredSeriesKey[]> {
  const config = await readWorkspaceConfig(home);
  const symbols = flags.symbol === undefined ? config.symbols : readSymbols(String(flags.symbol), '--symbol');
  if (symbols.length === 0) {
    throw new TradeAiError('USAGE', 'data fetch needs a symbol', {
      hint: 'for example `tradeai data fetch --symbol BTCUSDT`, or symbols in tradeai.config (`tradeai init`)',
    });
  }
  const listed = config.intervals.length > 0 ? config.intervals : [DEFAULT_INTERVAL];
  const intervals = flags.interval === undefined ? listed : [parseInterval(String(flags.interval))];
  return symbols.flatMap((symbol) => intervals.map((interval) => ({ source, symbol, interval })));
}

/** @throws TradeAiError `USAGE` for a range that holds no closed candle */
function readRange(flags: FlagValues, nowMs: number): { fromMs: number | undefined; toMs: number | undefined } {
  const fromMs = parseTime(readText(flags.from), '--from');
  const toMs = parseTime(readText(flags.to), '--to');
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs) {
    throw emptyRange('--from', fromMs, '--to', toMs);
  }
  if (fromMs !== undefined && fromMs > nowMs) {
    throw new TradeAiError('USAGE', `--from: expected a time in the past, was ${new Date(fromMs).toISOString()}`, {
      hint: 'candles are fetched once they have closed',
    });
  }
  return { fromMs, toMs };
}

function tellOutcomes(shell: Shell, outcomes: readonly Outcome[]): void {
  const failure = outcomes.find((outcome) => 'error' in outcome);
  if (outcomes.length === 1 && failure) throw failure.error;
  const plain = outcomes.map((outcome) =>
    'error' in outcome
      ? { ...outcome.key, error: describeError(outcome.error) }
      : { ...outcome.key, addedRows: outcome.update.addedRows, revisedRows: outcome.update.revisedRows },
  );
  printResult(shell, plain.length === 1 ? plain[0] : plain, () =>
    outcomes.map((one) => describe(one, shell)).join('\n'),
  );
  if (failure) process.exitCode = exitStatusOf(failure.error);
}

function describe(outcome: Outcome, { console }: Shell): string {
  const { symbol, interval, source } = outcome.key;
  if ('update' in outcome) {
    const { addedRows, revisedRows } = outcome.update;
    return `${symbol} ${interval} from ${source}: ${formatCount(addedRows)} candles added, ${formatCount(revisedRows)} revised`;
  }
  const { message, hint } = describeError(outcome.error);
  return `${symbol} ${interval} from ${source}: ${console.colors.red('failed')}: ${message}${hint === null ? '' : ` (${hint})`}`;
}
