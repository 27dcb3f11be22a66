import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openMemoryJobStore } from '../../test/support/memory-job-store.js';
import { testJobStoreContract } from '../ports/job-store.contract.js';
import { openJobFile } from './job-file.js';

function makeHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'tradeai-jobs-'));
  onTestFinished(() => rmSync(home, { recursive: true }));
  return home;
}

testJobStoreContract('a file of jobs', () => {
  const home = makeHome();
  return () => openJobFile(home, (note) => expect.unreachable(note));
});

testJobStoreContract('jobs in memory', () => {
  const store = openMemoryJobStore();
  return () => store;
});

test('a file that is no list of jobs is told, and the list begins anew', async () => {
  const home = makeHome();
  mkdirSync(join(home, 'data'));
  writeFileSync(join(home, 'data', 'jobs.json'), '[{"id":"1"}]');
  const notes: string[] = [];
  expect(await openJobFile(home, (note) => notes.push(note)).load()).toEqual([]);
  expect(notes).toEqual([`${join(home, 'data', 'jobs.json')} is not a list of jobs: it begins anew`]);
});
