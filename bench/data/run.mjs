// Measures what the candle store does with a long history, each step in a process of its own.
//
//     npm run build && node bench/data/run.mjs [--rounds 3] [--rows 2600000]
//
// The file is a simulated market that is written first. A step's time is its median, its memory the highest of all rounds.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { cpus, loadavg, tmpdir, totalmem, version } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findMedian } from '../statistics.mjs';

const { values: flags } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, rows: { type: 'string', default: '2600000' } },
});
const rounds = Number(flags.rounds);
const rowCount = Number(flags.rows);
const APPEND_ROWS = 74_000;
const MEMORY_LIMIT_BYTES = 1.2e9;
const STEP = fileURLToPath(new URL('./step.mjs', import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'tradeai-bench-data-'));
const run = (step, rows, ...more) =>
  JSON.parse(execFileSync(process.execPath, [STEP, step, folder, String(rows), ...more], { encoding: 'utf8' }));

try {
  console.log(
    `${cpus()[0].model.trim()}, ${cpus().length} cores, ${(totalmem() / 1e9).toFixed(0)} GB, ${version()}, Node ${process.version}, load ${loadavg()[0].toFixed(1)}, ${new Date().toISOString().slice(0, 10)}\n`,
  );
  run('write', rowCount);
  const csvBytes = statSync(join(folder, 'BTCUSDT_1m.csv')).size;
  const steps = [
    ['import', `CSV (${(csvBytes / 1e6).toFixed(0)} MB) to store`, 6],
    ['features', 'store to features (default 17)', 6],
    ['resample', 'store to 1h candles', 1],
  ];
  const rows = steps.map(([step, name, limitSeconds]) => {
    const found = Array.from({ length: rounds }, () => {
      if (step === 'import') rmSync(join(folder, 'home'), { recursive: true, force: true });
      return run(step, rowCount);
    });
    const seconds = findMedian(found.map((result) => result.seconds));
    const peakBytes = Math.max(...found.map((result) => result.peakMemoryBytes));
    const isMet = seconds <= limitSeconds && peakBytes <= MEMORY_LIMIT_BYTES;
    return [
      name,
      `${seconds.toFixed(2)} s`,
      `${limitSeconds} s`,
      `${(peakBytes / 1e9).toFixed(2)} GB`,
      '1.2 GB',
      isMet ? 'yes' : 'NO',
    ];
  });
  printTable([
    [`${rowCount.toLocaleString('en-GB')} minutes`, 'median', 'goal', 'peak memory', 'goal', 'met'],
    ...rows,
  ]);

  rmSync(join(folder, 'home'), { recursive: true, force: true });
  run('append', APPEND_ROWS, 'first');
  // each round appends a few candles more, which changes nothing at this length
  const appends = Array.from({ length: rounds }, (_, round) => run('append', APPEND_ROWS + 60 * round));
  const medianMs = findMedian(appends.map((result) => result.medianMs));
  const p95Ms = findMedian(appends.map((result) => result.p95Ms));
  const coldMs = findMedian(appends.map((result) => result.coldMs));
  console.log();
  printTable([
    [`one candle onto ${APPEND_ROWS.toLocaleString('en-GB')} hours`, 'measured', 'goal', 'met'],
    ['median, running process', `${medianMs.toFixed(0)} ms`, '50 ms', medianMs <= 50 ? 'yes' : 'NO'],
    ['95th percentile', `${p95Ms.toFixed(0)} ms`, '50 ms', p95Ms <= 50 ? 'yes' : 'NO'],
    ['first of a process (loads DuckDB, reads the file)', `${coldMs.toFixed(0)} ms`, '', ''],
  ]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function printTable(lines) {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  for (const line of lines)
    console.log(
      line
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    );
}
