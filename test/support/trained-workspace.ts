/** A small trained model for tests that need any: trained once in each worker, copied for each test. */

import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolder, QUICK, simulateSeries, toCsv, writeCsv } from './built-program.js';
import { runHere } from './program-here.js';

/** What the model is trained on. */
export const TRAINED_SERIES = simulateSeries(2_000);

export interface TrainedWorkspace {
  readonly home: string;
  /** The candles again, in the workspace; the training has read its own copy. */
  readonly file: string;
  /** What `train --json` said. */
  readonly report: ReturnType<typeof JSON.parse>;
}

let original: Promise<Omit<TrainedWorkspace, 'file'>> | undefined;

/** A workspace with version 1 of TESTUSDT, as `train` with the flags QUICK left it; gone when the test is. */
export async function copyTrainedWorkspace(): Promise<TrainedWorkspace> {
  original ??= trainOriginal();
  const { home: source, report } = await original;
  const home = makeFolder();
  cpSync(source, home, { recursive: true });
  return { home, file: join(home, FILE_NAME), report };
}

const FILE_NAME = 'TESTUSDT_1h.csv';

async function trainOriginal(): Promise<Omit<TrainedWorkspace, 'file'>> {
  const home = mkdtempSync(join(tmpdir(), 'tradeai-trained-'));
  process.on('exit', () => rmSync(home, { recursive: true, force: true }));
  const file = writeCsv(home, toCsv(TRAINED_SERIES), FILE_NAME);
  const flags = ['--symbol', 'TESTUSDT', '--data', file, '--home', home, '--json', ...QUICK];
  const { status, stdout, stderr } = await runHere(['train', ...flags]);
  if (status !== 0) throw new Error(`expected a training, ended with status ${status}: ${stderr}`);
  return { home, report: JSON.parse(stdout) };
}
