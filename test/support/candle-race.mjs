// Readers of the candle store in one process against a writer in another, from a workspace as an older version wrote it.
// usage: node candle-race.mjs HOME APPENDS SEED, or HOME 20min SEED for that long
// Prints one JSON document: how many reads and appends there were, and every read that went wrong.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { RANDOM_STREAM, Random } from '../../dist/core/random.js';
import { INTERVAL_MS } from '../../dist/market/interval.js';
import { simulateMarket } from '../../dist/market/simulated-market.js';
import { writeCandleParquet } from '../../dist/storage/candle-parquet-writer.js';
import { openCandleStore } from '../../dist/storage/candle-store.js';

const [home, length, seed, role = 'read'] = process.argv.slice(2);
const KEY = { source: 'demo', symbol: 'BTCUSDT', interval: '1m' };
const LENGTH_MS = INTERVAL_MS[KEY.interval];
const FIRST_MS = Date.UTC(2024, 0, 25);
const OLD_ROWS = 9_000;
/** Rows of one append; it begins with the last stored one. */
const STEPS = [1, 1, 1, 1, 40, 700];
const random = new Random(Number(seed), RANDOM_STREAM.test);

if (role === 'write') await write();
else await read();

async function write() {
  const minutes = /^(\d+)min$/.exec(length)?.[1];
  const endMs = minutes === undefined ? Number.POSITIVE_INFINITY : Date.now() + Number(minutes) * 60_000;
  const store = openCandleStore(home);
  let appends = 0;
  let rowCount = OLD_ROWS;
  while (Date.now() < endMs && (minutes !== undefined || appends < Number(length))) {
    const added = STEPS[random.nextInteger(STEPS.length)];
    const firstOpenTimeMs = FIRST_MS + (rowCount - 1) * LENGTH_MS;
    const options = { ...KEY, rowCount: added + 1, seed: rowCount, firstOpenTimeMs, plantedR2: 0 };
    await store.append(KEY.source, simulateMarket(options).series);
    rowCount += added;
    appends += 1;
  }
  process.send({ appends, rowCount });
}

async function read() {
  const options = { ...KEY, rowCount: OLD_ROWS, seed: 1, firstOpenTimeMs: FIRST_MS, plantedR2: 0 };
  const { series } = simulateMarket(options);
  const path = join(home, 'data/candles/demo/BTCUSDT/1m.parquet');
  mkdirSync(join(path, '..'), { recursive: true });
  await writeCandleParquet({ path, series, source: KEY.source, isPacked: true });
  const writer = fork(process.argv[1], [home, length, seed, 'write']);
  const ended = once(writer, 'exit');
  let written;
  writer.on('message', (message) => {
    written = message;
  });
  let reads = 0;
  let seenRows = OLD_ROWS;
  const problems = [];
  const kinds = [
    async (store) => (await store.read(KEY)).openTimeMs,
    async (store) => (await store.readRange(KEY, { limit: 500 })).openTimeMs,
    async (store) => {
      const [{ rowCount, problem }] = await store.list();
      if (problem !== null) throw new Error(problem);
      return Float64Array.from({ length: rowCount }, (_, row) => FIRST_MS + row * LENGTH_MS);
    },
  ];
  const held = openCandleStore(home);
  while (writer.exitCode === null) {
    const store = random.nextInteger(2) === 0 ? held : openCandleStore(home);
    try {
      const times = await kinds[random.nextInteger(kinds.length)](store);
      const firstRow = (times[0] - FIRST_MS) / LENGTH_MS;
      const wrong = times.findIndex((timeMs, row) => timeMs !== FIRST_MS + (firstRow + row) * LENGTH_MS);
      if (wrong >= 0) throw new Error(`row ${wrong} is not the one that follows`);
      if (firstRow + times.length < seenRows) throw new Error(`${firstRow + times.length} rows after ${seenRows}`);
      seenRows = firstRow + times.length;
    } catch (error) {
      problems.push(`${error.code}: ${error.message}`);
    }
    reads += 1;
  }
  await ended;
  const stored = (await openCandleStore(home).read(KEY)).openTimeMs.length;
  console.log(JSON.stringify({ ...written, stored, reads, problems }));
}
