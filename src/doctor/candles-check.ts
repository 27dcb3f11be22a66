/** Are the candles whole, sound and current? */

import { examineColumns, situationOf } from '../candles/column-records.js';
import type { TradeAiError } from '../core/errors.js';
import { VOLATILITY_ROWS } from '../dataset/target.js';
import { DEFAULT_SOURCE, originOf } from '../market/candle-origin.js';
import { rowCountOf } from '../market/candle-series.js';
import type { FindingCode } from '../market/quality/report.js';
import { checkCandles } from '../market/quality.js';
import { counted, utcTime } from '../text/sentences.js';
import type { ExaminedData } from './examined-data.js';
import type { ExaminedModel } from './examined-model.js';
import { fetchCommand, plainCommand } from './fix-command.js';
import { type CheckResult, fault, pass } from './report.js';
import { retrainCommand } from './retrain-command.js';

/** Forecasts are about the past when more candles than these have closed since: as `predict` warns. */
const STALE_INTERVALS = 2;
/** No candle is left then of those that the volatility, and with it every forecast, is measured on. */
const OUTDATED_INTERVALS = VOLATILITY_ROWS;
/**
 * Jumps and wicks are true moves as a rule, and clipped or cut in features and targets; ticks are the exchange's: `data
 * check` tells them. A candle that has not closed is one that the clock of this computer is behind.
 */
const FINDINGS_LEFT_OUT: readonly FindingCode[] = ['JUMPS', 'WICKS', 'COARSE_TICKS', 'UNCLOSED', 'STALE'];

/** @param nowMs UTC milliseconds */
export function checkCandleData(model: ExaminedModel, data: ExaminedData, nowMs: number): CheckResult {
  const { config, manifest, place } = model;
  const { series, source, file, notices, isAsTrained } = data;
  const quality = checkCandles(series, { nowMs, imported: data.faults });
  // a clock that goes wrong makes candles of the future
  const ageIntervals = Math.max(0, quality.lastClosedAgeIntervals ?? 0);
  const columns = examineColumns(data.inputs, situationOf(series, config.window)).warnings;
  const newest = utcTime(series.openTimeMs[rowCountOf(series) - 1]);
  const evidence = {
    source,
    rows: rowCountOf(series),
    newestOpenTimeMs: quality.lastOpenTimeMs,
    ageIntervals,
    newerThanTraining: data.rows.newer.length,
    isAsTrained,
    missingRows: quality.gaps.missingRows,
    missingShare: quality.gaps.missingShare,
    findings: quality.findings.map(({ code, message }) => `${code}: ${message}`),
    notices,
    columns,
  };
  const serious = quality.findings.filter(({ code }) => !FINDINGS_LEFT_OUT.includes(code));
  const silence = serious.filter(({ code }) => code === 'DEAD_MARKET').map(({ message }) => message);
  const errors = serious.filter(({ severity }) => severity === 'error');
  const candlePlace =
    file === undefined
      ? ['--symbol', config.symbol, '--interval', config.interval, '--source', source]
      : ['--data', file];
  const checkData = plainCommand(['data', 'check', ...candlePlace], place);
  if (errors.length > 0) {
    return fault('candles', {
      status: 'problem',
      finding: errors.map(({ message }) => message).join('; '),
      evidence,
      cause: 'the candles were written by something else, or damaged: features made of them are wrong',
      command: checkData,
    });
  }
  const age = `the newest candle, of ${newest}, closed ${counted(Math.floor(ageIntervals), 'interval')} ago`;
  if (ageIntervals > STALE_INTERVALS) {
    const hasEnd = originOf(source).isFinite;
    return fault('candles', {
      status: ageIntervals > OUTDATED_INTERVALS && !hasEnd ? 'problem' : 'warning',
      finding: [age, ...silence, ...columns, ...notices].join('; '),
      evidence,
      cause: hasEnd
        ? `candles from ${source} end there: a forecast is about the past until newer ones are brought`
        : 'the stored candles were not brought up to date, the source was not reached, or the pair is no longer traded',
      command: commandForNewer(model, source),
    });
  }
  const warnings = serious.filter(({ severity }) => severity === 'warning').map(({ message }) => message);
  if (!isAsTrained)
    warnings.push(`the candles of the training, up to ${utcTime(manifest.data.lastOpenTimeMs)}, have changed since`);
  if (warnings.length > 0) {
    return fault('candles', {
      status: 'warning',
      finding: [...warnings, ...columns].join('; '),
      evidence,
      cause: isAsTrained
        ? 'outages of the exchange, a pair that is hardly traded, or a new coin under an old name'
        : 'the source has revised its history, or other candles have taken its place',
      command: isAsTrained ? checkData : retrainCommand(model, data),
    });
  }
  if (columns.length > 0) {
    return fault('candles', {
      status: 'warning',
      finding: columns.join('; '),
      evidence,
      cause: 'the file of a column is not brought up to date any more, or whoever publishes it has changed its pace',
      command: null,
    });
  }
  return pass('candles', `${counted(rowCountOf(series), 'candle')} from ${source}; ${age}`, evidence);
}

/** There are no candles to examine the model on. */
export function describeMissingCandles({ config, place }: ExaminedModel, error: TradeAiError): CheckResult {
  const isFile = config.data !== undefined;
  return fault('candles', {
    status: 'problem',
    finding: error.message,
    evidence: { code: error.code, source: config.source, data: config.data ?? null },
    cause: isFile
      ? 'the file of the training is gone or has changed; give its new place with --data'
      : (error.hint ?? 'the stored candles were removed'),
    command: isFile
      ? plainCommand(['doctor', ...nameArguments(config), '--source', DEFAULT_SOURCE], place)
      : fetchCommand(config, place),
  });
}

/** How `doctor` is told which model. */
export function nameArguments({ name, symbol }: { readonly name: string; readonly symbol: string }): string[] {
  return name === symbol ? [symbol] : ['--name', name];
}

/** Brings newer candles; a simulated market has none. */
function commandForNewer({ config, place }: ExaminedModel, source: string): string | null {
  if (originOf(source).isImported)
    return plainCommand(['predict', ...modelFlags(config), '--source', DEFAULT_SOURCE], place);
  return originOf(source).isFinite ? null : fetchCommand({ ...config, source }, place);
}

function modelFlags({ name, symbol }: { readonly name: string; readonly symbol: string }): string[] {
  return name === symbol ? ['--symbol', symbol] : ['--name', name];
}
