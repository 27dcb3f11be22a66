import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MARKET_DATA, needsMarketData } from '../../test/support/needs.js';
import { auditFully } from '../evaluation/audit/audit.js';
import { rowCountOf, sliceCandles } from '../market/candle-series.js';
import { parseTrainOptions } from '../options/train-options.js';
import { readCandleFile } from '../sources/file/read-candle-file.js';
import { auditSubjectOf, auditTraining } from '../training/audit-training.js';
import { prepareTraining } from '../training/prepare.js';

const FULL_ROWS = 4_000;
const now = () => performance.now();

test.each(['BINANCE_BTCUSDT_1h', 'BINANCE_ETHUSDT_1h', 'BINANCE_BTCUSDT_1d'])(
  'real candles raise no alarm: %s',
  needsMarketData,
  async (file) => {
    const { series } = await readCandleFile(join(MARKET_DATA, `${file}.csv.gz`));
    const options = parseTrainOptions({ symbol: series.symbol });
    const situation = { nowMs: Date.now() };
    const quick = auditTraining(series, options, prepareTraining(series, options), situation, now);
    expect(quick.checks.flatMap((check) => check.findings)).toEqual([]);
    const newest = sliceCandles(series, Math.max(0, rowCountOf(series) - FULL_ROWS), rowCountOf(series));
    const full = auditFully(auditSubjectOf(options, situation), newest, { seed: 42, now });
    expect(full.checks.flatMap((check) => check.findings)).toEqual([]);
  },
);
