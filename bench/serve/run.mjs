// The server's figures one after another, with a real workspace: `npm run bench:serve`.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = import.meta.dirname;
const program = join(folder, '../../dist/cli/main.js');
const home = mkdtempSync(join(tmpdir(), 'tradeai-bench-serve-'));

console.log(
  `${cpus().length} cores of ${cpus()[0].model.trim()}, Node ${process.versions.node}, load ${loadavg()[0].toFixed(1)} before it began`,
);
let failures = 0;
try {
  run('new-candle.mjs');
  run('thousand-models.mjs');
  run('ledger.mjs');
  // Long enough to be under way during two loads.
  const options = '--source demo --window 12 --hidden 16 --epochs 300 --patience 300 --folds 1 --members 2'.split(' ');
  tradeai(['train', '--symbol', 'DEMOUSDT', '--home', home, ...options]);
  const server = await serve();
  try {
    run('load.mjs', ['--url', server.url, '--name', 'DEMOUSDT']);
  } finally {
    server.stop();
  }
  run('storm.mjs');
  run('dashboard.mjs');
} finally {
  rmSync(home, { recursive: true, force: true });
}
process.exitCode = failures === 0 ? 0 : 1;

function run(bench, args = []) {
  console.log(`\n== ${bench}`);
  const { status } = spawnSync(process.execPath, [join(folder, bench), ...args], { stdio: 'inherit' });
  if (status !== 0) failures += 1;
}

function tradeai(args) {
  const { status } = spawnSync(process.execPath, [program, ...args], { stdio: 'ignore' });
  if (status !== 0) throw new Error(`tradeai ${args[0]} ended with status ${status}`);
}

/** `tradeai serve` in a process of its own, once every champion has a forecast. */
async function serve() {
  const args = ['serve', '--home', home, '--port', '0', '--log-level', 'warn', '--json'];
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [text] = await Promise.race([
    new Promise((resolve) => child.stdout.once('data', (data) => resolve([String(data)]))),
    new Promise((_, reject) =>
      child.once('exit', (status) => reject(new Error(`the server ended with status ${status}`))),
    ),
  ]);
  return { url: JSON.parse(text).url, stop: () => child.kill('SIGTERM') };
}
