/** Pipes whose reader is gone or does not read on. */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFolder, PROGRAM, programEnvironment } from '../support/built-program.js';
import { needs } from '../support/needs.js';
import { copyTrainedWorkspace } from '../support/trained-workspace.js';

const RUNNER = join(import.meta.dirname, '../support/closed-output.mjs');
const environment = { ...process.env, ...programEnvironment({}) };
const isPosix = process.platform !== 'win32';

/** A named pipe with its two ends; what is written into a full one waits. */
function openPipe() {
  const path = join(makeFolder(), 'pipe');
  execFileSync('mkfifo', [path]);
  const openReader = () => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const reader = openReader();
  const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  return { openReader, reader, writer };
}

function fill(writer: number): void {
  try {
    for (;;) writeSync(writer, Buffer.alloc(4096, 'x'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
  }
}

/** Looks again and again at all that has come out of a pipe. */
function watch(reader: number): () => string {
  const chunk = Buffer.alloc(65_536);
  let text = '';
  return () => {
    try {
      for (let size = 1; size > 0; text += chunk.toString('utf8', 0, size)) size = readSync(reader, chunk);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
    return text;
  };
}

test(
  'a reader that is gone is no failure of any command, and no word of Node is written about it',
  needs(isPosix, 'no named pipes'),
  async () => {
    const { home, file } = await copyTrainedWorkspace();
    const at = ['--home', home];
    const commands = [
      ['--help'],
      ['train', '--help'],
      ['completion', 'bash'],
      ['features', ...at],
      ['config', 'show', ...at],
      ['config', 'show', '--json', ...at],
      ['models', 'list', ...at],
      ['models', 'show', 'TESTUSDT', ...at],
      ['models', 'show', 'TESTUSDT', '--json', ...at],
      ['data', 'list', '--json', ...at],
      ['data', 'check', '--symbol', 'TESTUSDT', '--data', file, '--json', ...at],
      ['predict', '--symbol', 'TESTUSDT', '--data', file, '--json', ...at],
      ['audit', '--symbol', 'TESTUSDT', '--data', file, '--json', ...at],
      ['doctor', 'TESTUSDT', '--data', file, '--json', ...at],
      ['ledger', 'show', 'TESTUSDT', '--json', ...at],
    ];
    // The doctor finds that the model has learned nothing, the ledger is empty: both say so as ever.
    const expected = [...commands.slice(2).map(() => 0), 5, 3];
    const outcomeFile = join(makeFolder(), 'outcome.json');
    const { reader, writer } = openPipe();
    closeSync(reader);
    const runner = spawn(process.execPath, [RUNNER, outcomeFile, JSON.stringify(commands)], {
      env: environment,
      stdio: ['ignore', writer, 'pipe'],
    });
    closeSync(writer);
    let notes = '';
    runner.stderr!.setEncoding('utf8').on('data', (text: string) => {
      notes += text;
    });
    const [status] = await once(runner, 'close');
    expect(notes).not.toMatch(/EPIPE|node:/);
    const { statuses, errorCodes } = JSON.parse(readFileSync(outcomeFile, 'utf8'));
    expect(statuses).toEqual(expected);
    expect(new Set(errorCodes)).toEqual(new Set(['EPIPE']));
    expect(errorCodes.length).toBeGreaterThanOrEqual(commands.length);
    expect(status).toBe(0);
  },
);

test('a result that finds no place is a failure that is told', needs(isPosix, 'no device that is full'), async () => {
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, [PROGRAM, 'features', '--json', '--home', makeFolder()], {
    env: environment,
    stdio: ['ignore', full, 'pipe'],
  });
  closeSync(full);
  const chunks = await child.stderr!.setEncoding('utf8').toArray();
  if (child.exitCode === null) await once(child, 'exit');
  expect(chunks.join('')).toMatch(/^error: the output cannot be written: .*no space left on device.*\n$/);
  expect(child.exitCode).toBe(1);
});

test(
  'a server lives on when its log reader stalls or dies, logs again for the next one, and stops for a signal all the same',
  needs(isPosix, 'no named pipes'),
  async () => {
    const { openReader, reader, writer } = openPipe();
    const child = spawn(process.execPath, [PROGRAM, 'serve', '--port', '0', '--json', '--home', makeFolder()], {
      env: environment,
      stdio: ['ignore', 'pipe', writer],
    });
    try {
      const ended = once(child, 'exit');
      const { url } = JSON.parse(String((await once(child.stdout!, 'data'))[0]));
      // A refused request is a line of the log.
      const ask = async () => (await fetch(`${url}/v1/retrain`, { method: 'DELETE' })).status;
      expect(await ask()).toBe(415);
      await expect.poll(watch(reader)).toContain('"request"');

      fill(writer);
      expect([await ask(), await ask()]).toEqual([415, 415]);
      closeSync(reader);
      expect([await ask(), await ask()]).toEqual([415, 415]);

      const next = openReader();
      expect(await ask()).toBe(415);
      await expect
        .poll(watch(next))
        .toMatch(/"lines":[1-9]\d*,"msg":"lines of the log found no reader"\}\n.*"request"/);

      fill(writer);
      expect(await ask()).toBe(415);
      child.kill('SIGTERM');
      expect((await ended)[0]).toBe(0);
      closeSync(next);
    } finally {
      child.kill('SIGKILL');
      closeSync(writer);
    }
  },
);
