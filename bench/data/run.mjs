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
const APPEND_ROWS = [10_000, 4_500_000];
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
    const cpuSeconds = findMedian(found.map((result) => result.cpuSeconds));
    const peakBytes = Math.max(...found.map((result) => result.peakMemoryBytes));
    const isMet = seconds <= limitSeconds && peakBytes <= MEMORY_LIMIT_BYTES;
    return [
      name,
      `${seconds.toFixed(2)} s`,
      `${limitSeconds} s`,
      `${cpuSeconds.toFixed(2)} s`,
      `${(peakBytes / 1e9).toFixed(2)} GB`,
      '1.2 GB',
      isMet ? 'yes' : 'NO',
    ];
  });
  printTable([
    [`${rowCount.toLocaleString('en-GB')} minutes`, 'median', 'goal', 'processor time', 'peak memory', 'goal', 'met'],
    ...rows,
  ]);

  for (const storedRows of APPEND_ROWS) {
    rmSync(join(folder, 'home'), { recursive: true, force: true });
    const append = run('append', storedRows);
    const ranges = [
      ['8 charts at once, the newest candles', run('ranges', storedRows)],
      ['8 charts at once, of different months', run('ranges', storedRows, 'apart')],
    ];
    const met = (value, goal) => (value <= goal ? 'yes' : 'NO');
    const kilobytes = (bytes) => `${(bytes / 1e3).toFixed(1)} kB`;
    const { medianMs, medianCpuMs, medianBytes, mostCpuMs, mostBytes } = append;
    console.log();
    printTable([
      [`onto ${storedRows.toLocaleString('en-GB')} minutes`, 'measured', 'goal', 'met'],
      ['one candle, processor time, median', `${medianCpuMs.toFixed(1)} ms`, '5 ms', met(medianCpuMs, 5)],
      ['one candle, written, median', kilobytes(medianBytes), '64 kB', met(medianBytes, 64_000)],
      ['one candle, until it is on the disk, median', `${medianMs.toFixed(1)} ms`, '', ''],
      ['the most, when the tail is folded', `${mostCpuMs.toFixed(0)} ms, ${kilobytes(mostBytes)}`, '', ''],
      ...ranges.flatMap(([name, { ms, cpuMs, blockedMs }]) => [
        [name, `${ms.toFixed(0)} ms`, '300 ms', met(ms, 300)],
        ['  processor time', `${cpuMs.toFixed(0)} ms`, '', ''],
        ['  others wait meanwhile at most', `${blockedMs.toFixed(0)} ms`, '50 ms', met(blockedMs, 50)],
      ]),
    ]);
  }
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
