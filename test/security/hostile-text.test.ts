/** Text from elsewhere on its way to the terminal: files, their names and headers, reports, what the caller typed. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeParquet } from '../../src/duckdb/parquet.js';
import type { ModelVersion } from '../../src/ports/registry.js';
import { sealJson } from '../../src/storage/sealed-json.js';
import { simulateSeries, toCsv, writeCsv } from '../support/built-program.js';
import { needsPosix } from '../support/needs.js';
import { runHere } from '../support/program-here.js';
import { jsonOf, NAME, openTestWorkspace, type TestWorkspace, trainVersion, withFiles } from './trained-version.js';

/** Clears the screen, renames the window, hides, goes back to the line's begin, turns round what follows. */
const HOSTILE = '\u001b[2J\u001b]0;owned\u0007\u001b[8m\u009b1A\u007f\r\u202egood\u2066';
const SHOWN = '\\u001b[2J\\u001b]0;owned\\u0007\\u001b[8m\\u009b1A\\u007f\\u000d\\u202egood\\u2066';
const OBEYED = /[^\n\P{Cc}]|[\p{Bidi_Control}\p{Zl}\p{Zp}]/u;

const series = simulateSeries(400);
let home: string;
let source: TestWorkspace;
let sound: ModelVersion;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'tradeai-text-'));
  source = openTestWorkspace();
  sound = await trainVersion(source);
});
afterAll(() => {
  source.remove();
  rmSync(home, { recursive: true, force: true });
});

async function run(...args: string[]) {
  const { output, ...outcome } = await runHere([...args, '--home', home]);
  expect(output).not.toMatch(OBEYED);
  return { ...outcome, output };
}

/** Puts it where it is the champion. */
function plant({ manifest, files }: ModelVersion): void {
  const folder = join(home, 'models/versions', NAME, '1');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
  writeFileSync(join(folder, 'manifest.json'), sealJson(manifest));
  const pointer = { version: 1, generation: 1, promotedAtMs: 0, reasons: [HOSTILE] };
  writeFileSync(join(folder, '../champion.json'), sealJson(pointer));
}

describe('what a terminal would obey is shown', () => {
  test('from a report and a manifest, as text and as JSON, which stays what it was', async () => {
    const report = { ...jsonOf(sound, 'report.json'), reasons: [HOSTILE], warnings: [`${HOSTILE}\nerror: none`] };
    plant(withFiles(sound, { 'report.json': JSON.stringify(report) }, { engine: HOSTILE }));
    expect((await run('models', 'show', NAME)).stdout).toContain(SHOWN);
    const { stdout } = await run('models', 'show', NAME, '--json');
    expect(JSON.parse(stdout).manifest.engine).toBe(HOSTILE);
  });

  test('from a file whose model is refused, in error and JSON', async () => {
    plant(withFiles(sound, {}, { kind: HOSTILE }));
    const predicted = await run('predict', '--name', NAME, '--offline', '--json');
    expect([predicted.status, predicted.stderr]).toEqual([5, expect.stringContaining('owned')]);
    const refused = await run('models', 'import', join(home, `${HOSTILE}.zip`));
    expect([refused.status, refused.stderr]).toEqual([3, expect.stringContaining(SHOWN)]);
  });

  test('from the name of a file', needsPosix, async () => {
    const name = `${HOSTILE}\nerror: owned.csv`;
    const file = writeCsv(home, 'no candles\n', name);
    const { status, stderr } = await run('data', 'import', file, '--symbol', 'TESTUSDT');
    expect(status).toBe(4);
    expect(stderr).toContain(SHOWN);
    // A line of its own would be the attacker's.
    expect(stderr).not.toMatch(/^error: owned/m);
  });

  test('from the header of a CSV and of a Parquet file', async () => {
    const csv = toCsv(series).replace(
      /^.*$/gm,
      (line, at) => `${line},${at === 0 ? HOSTILE.replace('\r', '') : 'text'}`,
    );
    const file = writeCsv(home, csv.replace(/\n,text$/, '\n'));
    const fromCsv = await run('data', 'import', file, '--symbol', 'TESTUSDT');
    expect([fromCsv.status, fromCsv.stderr]).toEqual([0, expect.stringContaining('\\u001b[2J\\u001b]0;owned')]);
    const path = join(home, 'headers.parquet');
    await writeParquet(path, [{ name: HOSTILE, values: Float64Array.of(1), type: 'number' }], {});
    const fromParquet = await run('data', 'import', path, '--symbol', 'TESTUSDT');
    expect([fromParquet.status, fromParquet.stderr]).toEqual([4, expect.stringContaining(SHOWN)]);
  });

  test('from the command line itself', async () => {
    for (const args of [[`--${HOSTILE}`], [HOSTILE], ['train', '--symbol', HOSTILE], ['predict', '--name', HOSTILE]]) {
      const { status, output } = await run(...args);
      expect([status, output]).toEqual([2, expect.stringContaining('owned')]);
    }
  });
});
