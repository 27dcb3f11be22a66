/** What is wrong, odd or missing in candles, and whether a training would take them. */

import { describeError, TradeAiError } from '../core/errors.js';
import { IMPORT } from '../market/candle-origin.js';
import type { CandleSeries } from '../market/candle-series.js';
import type { Interval } from '../market/interval.js';
import { compareSeries, describeDifference } from '../market/quality/compare-series.js';
import { faultsOfSetAside, type ImportFaults, INSPECTION_LIMITS } from '../market/quality/import-faults.js';
import type { QualityFinding, QualityReport } from '../market/quality/report.js';
import { setAsideRejected } from '../market/quality/row-faults.js';
import { checkCandles } from '../market/quality.js';
import { trainOptionsSchema } from '../options/train-options.js';
import type { StoredSeriesKey } from '../ports/candle-store.js';
import type { Ports } from '../ports/ports.js';
import { hashCandles } from './collect.js';
import { DATA_OVERRIDES, findExceededLimits } from './data-gate.js';
import { describeInstead, describeWanted, isSelected, type SeriesSelection } from './series-selection.js';

/** The data report of one series: an element of `data check --json`. */
export interface DataReport extends QualityReport {
  readonly source: string;
  /** Rows by where they came from. */
  readonly sources: readonly { readonly source: string; readonly rowCount: number }[];
  /** Of the candles as a training would use them. */
  readonly sha256: string;
  /** Why a training would refuse these candles as they are, and the flag that lets it go on. */
  readonly trainingLimits: readonly { readonly flag: string; readonly finding: string }[];
  /** What was noticed of a file and how it was treated; none of stored candles. */
  readonly notices: readonly string[];
}

/** A series that could not be read, beside others that could: an element of `data check --json` too. */
export interface UnreadableReport extends StoredSeriesKey {
  readonly problem: string;
}

/** Whether something is wrong with the candles, or a training would refuse them. */
export function isRefused(report: DataReport | UnreadableReport): boolean {
  if ('problem' in report) return true;
  return report.trainingLimits.length > 0 || report.findings.some(({ severity }) => severity === 'error');
}

/**
 * Looks at stored candles.
 *
 * @returns a report of each series selected; of several, one that cannot be read stops none of the others
 * @throws TradeAiError `CANDLES_NOT_FOUND` where there is none, `STORAGE_UNREADABLE` for a single one
 */
export async function checkStoredCandles(
  selection: SeriesSelection,
  ports: Pick<Ports, 'store' | 'quarantine' | 'now'>,
): Promise<(DataReport | UnreadableReport)[]> {
  const { store, quarantine } = ports;
  const stored = await store.list();
  const wanted = stored.filter((entry) => isSelected(entry, selection));
  if (wanted.length === 0) {
    const { symbols = [] } = selection;
    const [first] = symbols;
    const of =
      first === undefined ? '' : ` of ${describeWanted(symbols, selection)}; ${describeInstead(first, stored)}`;
    throw new TradeAiError('CANDLES_NOT_FOUND', `no stored candles to check${of}`, {
      commandHint:
        'bring some with `tradeai data import FILE` or `tradeai data fetch --symbol BTCUSDT`, or check a file with --data FILE',
    });
  }
  const reports: (DataReport | UnreadableReport)[] = [];
  for (const { source, symbol, interval } of wanted) {
    const key = { source, symbol, interval };
    try {
      const faults = faultsOfSetAside(await quarantine.read(key));
      reports.push(reportOn({ source, series: (await store.read(key))!, faults }, ports.now()));
    } catch (error) {
      if (wanted.length === 1 || !(error instanceof TradeAiError)) throw error;
      reports.push({ ...key, problem: describeError(error).message });
    }
  }
  return reports;
}

export interface FileCheckOptions {
  /** From the file name when absent. */
  readonly symbol?: string;
  /** From the spacing of the rows when absent. */
  readonly interval?: Interval;
  /** Zone of times that tell no offset: `Europe/Berlin`; UTC when absent. */
  readonly timeZone?: string;
  /** Source of the stored candles that the file is compared with; with none when absent. */
  readonly source?: string;
}

/**
 * Looks at a file, however bad it is. Compared with what is stored, it shows what has changed since.
 *
 * @throws TradeAiError `CANDLES_NOT_FOUND` where nothing is stored to compare it with; what reading the file throws
 */
export async function checkCandleFile(
  path: string,
  { symbol, interval, timeZone, source }: FileCheckOptions,
  { readCandleFile, store, now }: Pick<Ports, 'readCandleFile' | 'store' | 'now'>,
): Promise<DataReport> {
  const { series, notices, faults } = await readCandleFile(path, {
    symbol,
    interval,
    timeZone,
    limits: INSPECTION_LIMITS,
  });
  const checked: CheckedSeries = { source: IMPORT.name, series, faults, notices };
  if (source === undefined) return reportOn(checked, now());
  const stored = await store.read({ source, symbol: series.symbol, interval: series.interval });
  if (stored === undefined) {
    throw new TradeAiError(
      'CANDLES_NOT_FOUND',
      `no candles of ${series.symbol} ${series.interval} from ${source} are stored to compare the file with`,
      { commandHint: 'look at what is stored with `tradeai data list`' },
    );
  }
  return reportOn({ ...checked, difference: describeDifference(compareSeries(stored, series)) }, now());
}

interface CheckedSeries {
  readonly source: string;
  readonly series: CandleSeries;
  readonly faults: ImportFaults;
  /** What a comparison with another copy of the same history showed. */
  readonly difference?: readonly QualityFinding[];
  readonly notices?: readonly string[];
}

function reportOn({ source, series, faults, difference = [], notices = [] }: CheckedSeries, nowMs: number): DataReport {
  const quality = checkCandles(series, { nowMs, imported: faults });
  // What a training would see: rows that cannot be candles are no part of it.
  const { sound, rejected } = setAsideRejected(series);
  const exceeded = findExceededLimits({
    series: sound,
    faults: { ...faults, rejected: [...(faults.rejected ?? []), ...rejected] },
    maximumGapRows: trainOptionsSchema.shape.maxGap.parse(undefined),
  });
  return {
    source,
    ...quality,
    sources: [{ source, rowCount: quality.rowCount }],
    sha256: hashCandles(sound),
    findings: [...quality.findings, ...difference],
    trainingLimits: exceeded.map(({ override, finding }) => ({ flag: DATA_OVERRIDES[override], finding })),
    notices,
  };
}
