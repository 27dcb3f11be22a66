// Import, store, resample, export and check, in the time zone of this process; says on stdout what came of it.
// usage: node time-zone-run.mjs FOLDER FILE...
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { composePorts } from '../../dist/app/compose.js';
import { exportCandles } from '../../dist/candles/export-candles.js';
import { checkCandles } from '../../dist/market/quality.js';
import { parseTime } from '../../dist/options/train-options.js';
import { formatStamp } from '../../dist/text/times.js';

const [folder, ...files] = process.argv.slice(2);
const ports = composePorts({ home: folder, environment: process.env, onNote: () => {} });
const hashOf = (path) => createHash('sha256').update(readFileSync(path)).digest('hex');
const result = { hashes: {} };

for (const file of files) {
  const { series, notices } = await ports.readCandleFile(file, { symbol: 'BTCUSDT' });
  result[basename(file)] = { times: [...series.openTimeMs], notices };
  await ports.store.append('file', series);
}
const stored1h = join(folder, 'data/candles/file/BTCUSDT/1h');
result.hashes.store = readdirSync(stored1h).map((name) => [name, hashOf(join(stored1h, name))]);
const range = { fromMs: parseTime('2024-03-09', 'from'), toMs: parseTime('2024-11-04T12:00', 'to') };
for (const [name, interval, format] of [
  ['a.csv', '1h'],
  ['a.json.gz', '1h'],
  ['a.parquet', '1d'],
  ['b.parquet', '1w', 'freqtrade-parquet'],
]) {
  const path = join(folder, name);
  const { path: _, ...exported } = await exportCandles(path, { symbol: 'BTCUSDT', interval, format, ...range }, ports);
  result[name] = { ...exported, first: formatStamp(exported.firstOpenTimeMs) };
  result.hashes[name] = hashOf(path);
  const { series } = await ports.readCandleFile(path, { symbol: 'BTCUSDT' });
  result[name].times = [...series.openTimeMs];
}
const stored = await ports.store.read({ source: 'file', symbol: 'BTCUSDT', interval: '1h' });
result.report = checkCandles(stored, { nowMs: Date.UTC(2025, 0, 1) });
process.stdout.write(JSON.stringify(result));
