import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { collectAbandoned, temporaryName } from './temporary-names.js';

const ELEVEN_MINUTES_MS = 11 * 60_000;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tradeai-names-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** A name as another process of this host makes it; that process has ended. */
function nameOfDeadProcess(): string {
  const { pid } = spawnSync(process.execPath, ['--version']);
  return temporaryName().replace(`-${process.pid}-`, `-${pid}-`);
}

test('what a dead process left is collected at once, files and folders', async () => {
  const [file, made] = [nameOfDeadProcess(), nameOfDeadProcess()];
  await writeFile(join(folder, file), '');
  await mkdir(join(folder, made));
  await writeFile(join(folder, made, 'model.onnx'), 'half');
  expect((await collectAbandoned(folder)).sort()).toEqual([file, made].sort());
  expect(await readdir(folder)).toEqual([]);
});

test('what a living process makes is left alone for ten minutes', async () => {
  const name = temporaryName();
  await writeFile(join(folder, name), '');
  expect(await collectAbandoned(folder)).toEqual([]);
  expect(await collectAbandoned(folder, Date.now() + ELEVEN_MINUTES_MS)).toEqual([name]);
});

test('what another host makes is left alone for ten minutes', async () => {
  const name = '.tmp-tradeai-otherhost-1-0123456789ab';
  await writeFile(join(folder, name), '');
  expect(await collectAbandoned(folder)).toEqual([]);
  const longAgo = (Date.now() - ELEVEN_MINUTES_MS) / 1000;
  await utimes(join(folder, name), longAgo, longAgo);
  expect(await collectAbandoned(folder)).toEqual([name]);
});

test('names that are not ours are never touched, however old', async () => {
  const names = ['.tmp-mine', '.tmp-tradeai-notes', 'model.onnx', '7'];
  for (const name of names) await writeFile(join(folder, name), '');
  expect(await collectAbandoned(folder, Date.now() + 1000 * ELEVEN_MINUTES_MS)).toEqual([]);
  expect((await readdir(folder)).sort()).toEqual(names.sort());
});
