import { hashCandles } from '../../candles/collect.js';
import { DATA_OVERRIDES, findExceededLimits } from '../../candles/data-gate.js';
import { describeError, TradeAiError } from '../../core/errors.js';
import { checkSourceName } from '../../core/names.js';
import { IMPORT } from '../../market/candle-origin.js';
import type { CandleSeries } from '../../market/candle-series.js';
import { parseInterval } from '../../market/interval.js';
import { compareSeries, describeDifference } from '../../market/quality/compare-series.js';
import { type ImportFaults, INSPECTION_LIMITS } from '../../market/quality/import-faults.js';
import { setAsideRejected } from '../../market/quality/row-faults.js';
import { checkCandles, type QualityFinding } from '../../market/quality.js';
import { checkSymbol, trainOptionsSchema } from '../../options/train-options.js';
import type { FlagValues } from '../flag-values.js';
import { printResult, type Shell } from '../shell.js';
import { type DataReport, formatDataReport, formatUnreadable, type UnreadableReport } from './data-report.js';

/** That of refused data: something is wrong with it, or a training would refuse it. */
const REFUSED_STATUS = 4;

/** `tradeai data check` */
export async function checkData(shell: Shell, flags: FlagValues): Promise<void> {
  const reports: (DataReport | UnreadableReport)[] = [];
  for await (const checked of seriesToCheck(shell, flags)) {
    reports.push('problem' in checked ? checked : reportOn(checked, shell.ports.now()));
  }
  const { colors } = shell.console;
  printResult(shell, reports, () =>
    reports
      .map((report) => ('problem' in report ? formatUnreadable(report, colors) : formatDataReport(report, colors)))
      .join('\n\n'),
  );
  const isRefused = reports.some(
    (report) =>
      'problem' in report ||
      report.trainingLimits.length > 0 ||
      report.findings.some(({ severity }) => severity === 'error'),
  );
  if (isRefused) process.exitCode = REFUSED_STATUS;
}

interface CheckedSeries {
  readonly source: string;
  readonly series: CandleSeries;
  readonly faults: ImportFaults;
  /** What a comparison with another copy of the same history showed. */
  readonly difference: readonly QualityFinding[];
}

function reportOn({ source, series, faults, difference }: CheckedSeries, nowMs: number): DataReport {
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
  };
}

async function* seriesToCheck(shell: Shell, flags: FlagValues): AsyncIterable<CheckedSeries | UnreadableReport> {
  const { store, quarantine } = shell.ports;
  if (typeof flags.data === 'string') {
    yield await readFileToCheck(shell, flags.data, flags);
    return;
  }
  const { symbol, interval } = selectionOf(flags);
  const wanted = (await store.list()).filter(
    (entry) =>
      (symbol === undefined || entry.symbol === symbol) &&
      (interval === undefined || entry.interval === interval) &&
      (flags.source === undefined || entry.source === checkSourceName(String(flags.source))),
  );
  if (wanted.length === 0) {
    throw new TradeAiError(
      'CANDLES_NOT_FOUND',
      `no stored candles to check${symbol === undefined ? '' : ` of ${symbol}`}`,
      {
        hint: 'bring some with `tradeai data import FILE` or `tradeai data fetch`, or check a file with --data FILE',
      },
    );
  }
  for (const { source, symbol, interval } of wanted) {
    const key = { source, symbol, interval };
    try {
      const rejected = await quarantine.read(key);
      yield { source, series: (await store.read(key))!, faults: { rejected }, difference: [] };
    } catch (error) {
      // One of several stops none of the others.
      if (wanted.length === 1 || !(error instanceof TradeAiError)) throw error;
      yield { ...key, problem: describeError(error).message };
    }
  }
}

/** A file is looked at however bad it is; with `--source` it is compared with what is stored from there. */
async function readFileToCheck(shell: Shell, path: string, flags: FlagValues): Promise<CheckedSeries> {
  const { readCandleFile, store } = shell.ports;
  const { series, notices, faults } = await readCandleFile(path, { ...selectionOf(flags), limits: INSPECTION_LIMITS });
  for (const notice of notices) shell.console.printNote(shell.console.noteColors.yellow(`! ${notice}`));
  const checked = { source: IMPORT.name, series, faults, difference: [] };
  if (flags.source === undefined) return checked;
  const stored = await store.read({
    source: checkSourceName(String(flags.source)),
    symbol: series.symbol,
    interval: series.interval,
  });
  if (stored === undefined) {
    throw new TradeAiError(
      'CANDLES_NOT_FOUND',
      `no candles of ${series.symbol} ${series.interval} from ${String(flags.source)} are stored to compare the file with`,
      { hint: 'look at what is stored with `tradeai data list`' },
    );
  }
  return { ...checked, difference: describeDifference(compareSeries(stored, series)) };
}

function selectionOf(flags: FlagValues) {
  return {
    symbol: flags.symbol === undefined ? undefined : checkSymbol(String(flags.symbol)),
    interval: flags.interval === undefined ? undefined : parseInterval(String(flags.interval)),
  };
}
