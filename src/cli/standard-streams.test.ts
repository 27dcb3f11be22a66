import { Writable } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { endWithoutReaders, guardStandardStreams, type OutputProcess } from './standard-streams.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A process whose standard output takes bytes, fails with a code, or answers never. */
function openProcess(answer: 'taken' | 'never' | NodeJS.ErrnoException['code']) {
  const told: string[] = [];
  const stdout = new Writable({
    autoDestroy: false,
    write(_chunk, _encoding, callback) {
      if (answer === 'taken') callback();
      else if (answer !== 'never') callback(Object.assign(new Error(`${answer}: no`), { code: answer }));
    },
  });
  const stderr = new Writable({
    write(chunk, _encoding, callback) {
      told.push(String(chunk));
      callback();
    },
  });
  const owner: OutputProcess = { stdout, stderr, exit: vi.fn(), exitCode: undefined };
  guardStandardStreams(owner);
  stdout.write('result\n');
  return { owner, told };
}

const settle = () => vi.advanceTimersByTimeAsync(60_000);

test('a reader that is gone changes no exit status', async () => {
  const { owner, told } = openProcess('EPIPE');
  await settle();
  expect([owner.exitCode, told]).toEqual([undefined, []]);
});

test('output that found no place is told, and changes the status of a success only', async () => {
  const { owner, told } = openProcess('ENOSPC');
  await settle();
  expect([owner.exitCode, told]).toEqual([1, ['error: the output cannot be written: ENOSPC: no\n']]);
  const failed = openProcess('ENOSPC').owner;
  failed.exitCode = 5;
  await settle();
  expect(failed.exitCode).toBe(5);
});

test('an interrupted process waits for a stalled reader for a while only, and for none that has all', async () => {
  const stalled = openProcess('never').owner;
  endWithoutReaders(stalled);
  expect(stalled.exit).not.toHaveBeenCalled();
  const read = openProcess('taken').owner;
  endWithoutReaders(read);
  await settle();
  expect(stalled.exit).toHaveBeenCalledTimes(1);
  expect(read.exit).not.toHaveBeenCalled();
});
