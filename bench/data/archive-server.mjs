// The exchange of the fetch benchmark: candles as archive files that were made beforehand, and pages of hours.
// usage: node archive-server.mjs FOLDER YEARS   (says its URL on stdout; counts are at /counts)
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { ZipFile } from 'yazl';
import { simulateMarket } from '../../dist/market/simulated-market.js';

const [folder, years] = process.argv.slice(2);
const FIRST_MS = Date.UTC(2017, 7, 1);
const END_MS = Date.UTC(2017 + Number(years), 7, 1);
const LENGTH_MS = { '1m': 60_000, '1h': 3_600_000 };
/** The clock stands ten days into the month behind the last file. */
const NOW_MS = END_MS + 10 * 86_400_000;

const series = Object.fromEntries(
  Object.entries(LENGTH_MS).map(([interval, lengthMs]) => [
    interval,
    simulateMarket({
      symbol: 'BTCUSDT',
      interval,
      rowCount: (NOW_MS - FIRST_MS) / lengthMs,
      seed: 1,
      firstOpenTimeMs: FIRST_MS,
      plantedR2: 0,
    }).series,
  ]),
);

function klineOf(interval, row, isMicroseconds) {
  const { openTimeMs, open, high, low, close, volume } = series[interval];
  const text = (value) => value.toFixed(8);
  const start = openTimeMs[row];
  const end = start + LENGTH_MS[interval] - 1;
  return [
    isMicroseconds ? start * 1000 : start,
    text(open[row]),
    text(high[row]),
    text(low[row]),
    text(close[row]),
    text(volume[row]),
    isMicroseconds ? end * 1000 + 999 : end,
    text(close[row] * volume[row]),
    100 + (row % 900),
    text(volume[row] / 2),
    text((close[row] * volume[row]) / 2),
    '0',
  ];
}

async function makeFiles() {
  for (let month = FIRST_MS; month < END_MS; ) {
    const date = new Date(month);
    const end = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1);
    const name = `BTCUSDT-1m-${date.toISOString().slice(0, 7)}`;
    const path = join(folder, `${name}.zip`);
    if (!existsSync(`${path}.CHECKSUM`)) {
      const lines = [];
      const first = (month - FIRST_MS) / LENGTH_MS['1m'];
      for (let row = first; row < (end - FIRST_MS) / LENGTH_MS['1m']; row++) {
        lines.push(klineOf('1m', row, month >= Date.UTC(2025, 0)).join(','));
      }
      const zip = new ZipFile();
      zip.addBuffer(Buffer.from(`${lines.join('\n')}\n`), `${name}.csv`);
      zip.end();
      const parts = [];
      for await (const part of zip.outputStream) parts.push(part);
      const bytes = Buffer.concat(parts);
      writeFileSync(path, bytes);
      writeFileSync(`${path}.CHECKSUM`, `${createHash('sha256').update(bytes).digest('hex')}  ${name}.zip\n`);
    }
    month = end;
  }
}

mkdirSync(folder, { recursive: true });
await makeFiles();
const counts = { rest: 0, archive: 0 };

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  if (pathname === '/counts') return response.end(JSON.stringify(counts));
  if (pathname.startsWith('/data/')) {
    counts.archive += 1;
    const path = join(folder, pathname.split('/').at(-1));
    if (!existsSync(path)) return response.writeHead(404).end();
    return createReadStream(path).pipe(response);
  }
  counts.rest += 1;
  if (pathname === '/api/v3/time') return response.end(JSON.stringify({ serverTime: NOW_MS }));
  const interval = searchParams.get('interval');
  const startMs = Math.max(FIRST_MS, Number(searchParams.get('startTime')));
  const start = Math.ceil((startMs - FIRST_MS) / LENGTH_MS[interval]);
  const end = Math.min(
    start + 1000,
    Math.floor((Number(searchParams.get('endTime')) - FIRST_MS) / LENGTH_MS[interval]) + 1,
  );
  const rows = Array.from({ length: Math.max(0, end - start) }, (_, row) => klineOf(interval, start + row, false));
  response.end(JSON.stringify(rows));
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
