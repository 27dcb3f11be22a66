import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { needs } from '../../test/support/needs.js';
import { giveSignsOfLongLife, OwnerWatch, ownerName, stateOf } from './owner.js';
import { factsOfThisProcess, type ProcessFacts, UNKNOWN } from './process-facts.js';

const HERE = 'aaaaaaaaaaaa';
const ELSEWHERE = 'bbbbbbbbbbbb';

/** A process of a made-up system, with the starts of those that live in its place. */
function factsOf(own: Partial<ProcessFacts> & { starts?: Record<number, string> } = {}): ProcessFacts {
  const { starts = { 1: '900', 7: '500' }, ...facts } = own;
  return { host: 'box', processId: 1, place: HERE, startOf: (processId) => starts[processId], ...facts };
}

const SELF = factsOf();
const withoutProc = factsOf({ place: UNKNOWN, starts: { 1: UNKNOWN, 7: UNKNOWN } });

test.each([
  ['itself', ownerName(SELF), 'living'],
  ['a neighbour that lives', ownerName(factsOf({ processId: 7 })), 'living'],
  ['a neighbour that is gone', ownerName(factsOf({ processId: 8 })), 'dead'],
  ['who had the number of a neighbour before it', ownerName(factsOf({ processId: 7, starts: { 7: '400' } })), 'dead'],
  ['who had its own number before it', ownerName(factsOf({ starts: { 1: '400' } })), 'dead'],
  ['a neighbour under another host name', ownerName(factsOf({ processId: 7, host: 'other' })), 'living'],
  ['another container with its own host name and number', ownerName(factsOf({ place: ELSEWHERE })), 'silent'],
  ['a container with another host name', ownerName(factsOf({ place: ELSEWHERE, host: 'other' })), 'silent'],
  ['a computer without /proc and with its own host name', ownerName(withoutProc), 'silent'],
  ['a host name with two lines in it', ownerName(factsOf({ host: 'a__b', processId: 8 })), 'dead'],
  ['an older program of another host', 'other-7-0123456789ab', 'living'],
  ['an older program that lives', 'box-7-0123456789ab', 'living'],
  ['an older program that is gone', 'box-8-0123456789ab', 'dead'],
  ['an older program that had its own number', 'box-1-0123456789ab', 'dead'],
  ['nobody', '.DS_Store', undefined],
])('what a process knows of %s', (_whom, owner, state) => {
  expect(stateOf(owner, SELF)).toBe(state);
});

test.each([
  ['a process with a number that nobody has', factsOf({ ...withoutProc, processId: 8 }), 'dead'],
  ['a process with a number that somebody has', factsOf({ ...withoutProc, processId: 7 }), 'silent'],
  ['a process of another host', factsOf({ ...withoutProc, host: 'other', processId: 8 }), 'silent'],
  ['a container', factsOf({ processId: 8 }), 'silent'],
])('what is known without /proc of %s', (_whom, facts, state) => {
  expect(stateOf(ownerName(facts), withoutProc)).toBe(state);
});

test('the start of a neighbour that the system hides is not asked for: it lives', () => {
  const hidden = factsOf({ starts: { 1: '900', 7: UNKNOWN } });
  expect(stateOf(ownerName(factsOf({ processId: 7 })), hidden)).toBe('living');
});

test.each([
  ['of another host name', { host: 'other' }, 151],
  ['with another number', { processId: 2 }, 151],
  ['with its own host name and number', {}, 51],
])('a silent owner %s is dead after some looks without a sign of life between them', (_whom, facts, looks) => {
  const watch = new OwnerWatch({ facts: SELF });
  const owner = ownerName(factsOf({ place: 'cccccccccccc', ...facts }));
  const countLooks = (touchedAtMs: number) => {
    let count = 1;
    while (watch.judge(owner, touchedAtMs) === 'silent') count += 1;
    return count;
  };
  // However old: clocks may differ.
  expect(countLooks(5)).toBe(looks);
  expect(watch.judge(owner, 5_000)).toBe('living');
  expect(countLooks(5_000)).toBe(looks);
});

test('what else a process held that was looked at until it was gone is free at once, unless it was touched later', () => {
  const facts = factsOf({ place: 'dddddddddddd' });
  const first = ownerName(facts);
  const watch = new OwnerWatch({ facts: SELF });
  while (watch.judge(first, 90_000) === 'silent');
  const next = new OwnerWatch({ facts: SELF });
  expect(next.judge(ownerName(facts), 90_500)).toBe('dead');
  expect(next.judge(ownerName(facts), 92_000)).toBe('silent');
  expect(next.judge(ownerName(factsOf({ place: 'dddddddddddd', processId: 2 })), 90_000)).toBe('silent');
  // It lives: what it holds, and has not touched since, is its own.
  expect(new OwnerWatch({ facts: SELF }).judge(ownerName(facts), 90_500)).toBe('silent');
});

test('what is held for long is touched while its process computes, and does nothing else', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tradeai-busy-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'owner');
  const owner = ownerName();
  writeFileSync(path, owner);
  utimesSync(path, 1, 1);
  const touchedAtMs = () => statSync(path).mtimeMs;
  onTestFinished(giveSignsOfLongLife(path, owner, async () => true));
  const elsewhere = new OwnerWatch({ facts: factsOf() });
  expect(elsewhere.judge(owner, touchedAtMs())).toBe('silent');
  const never = new Int32Array(new SharedArrayBuffer(4));
  for (let look = 0; look < 3_000 && touchedAtMs() === 1_000; look++) Atomics.wait(never, 0, 0, 20);
  expect(elsewhere.judge(owner, touchedAtMs())).toBe('living');
});

test('an owner that lives, and is stopped, is waited for ten minutes', () => {
  const watch = new OwnerWatch({ facts: SELF });
  const owner = ownerName(factsOf({ processId: 7 }));
  expect(watch.judge(owner, Date.now() - 9 * 60_000)).toBe('living');
  expect(watch.judge(owner, Date.now() - 11 * 60_000)).toBe('dead');
});

test('this process finds itself', () => {
  expect(stateOf(ownerName())).toBe(factsOfThisProcess().place === UNKNOWN ? 'silent' : 'living');
});

test(
  'the start of a process is field 22, and a dead one that nobody has waited for has none',
  needs(process.platform === 'linux', 'no /proc'),
  async () => {
    const { startOf } = factsOfThisProcess();
    const plain = readFileSync('/proc/self/stat', 'latin1').replace(/\(.*\)/s, 'x');
    expect(startOf(process.pid)).toBe(plain.split(' ')[21]);
    // The shell's child ends at once; `exec` makes a program of the shell that never asks about it.
    const child = spawn('sh', ['-c', 'true & echo $!; exec sleep 600'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [line] = await once(child.stdout, 'data');
    await vi.waitFor(() => expect(readFileSync(`/proc/${child.pid}/comm`, 'latin1')).toBe('sleep\n'), 60_000);
    await vi.waitFor(() => expect(startOf(Number(line))).toBeUndefined(), 60_000);
    expect(startOf(child.pid!)).toMatch(/^\d+$/);
    child.kill('SIGKILL');
    await once(child, 'close');
  },
);
