import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  flipBit,
  type LiveWorkspace,
  openLiveWorkspace,
  SYMBOL,
  trainLive,
  trainLiveTemplate,
} from '../../test/support/live-workspace.js';
import { VersionView } from './version-view.js';

let template: { home: string; remove(): void };
let workspace: LiveWorkspace;
let view: VersionView;

beforeAll(async () => {
  template = await trainLiveTemplate();
});
afterAll(() => template.remove());
beforeEach(() => {
  workspace = openLiveWorkspace(template);
  view = new VersionView(workspace.ports.registry);
});
afterEach(() => workspace.remove());

const list = async () => view.list(SYMBOL, await workspace.ports.registry.champion(SYMBOL), 2);

test('lists versions newest first, with their roles and the figures of their reports', async () => {
  const versions = await list();
  expect(versions).toMatchObject([
    { version: 2, isChampion: false, isPrevious: false, isShadow: true, isIntact: true },
    { version: 1, isChampion: true, isPrevious: false, isShadow: false, isIntact: true },
  ]);
  const report = JSON.parse(readFileSync(join(workspace.home, 'models/versions', SYMBOL, '1/report.json'), 'utf8'));
  expect(versions[1].test).toMatchObject({ rows: report.test.rows, ic: report.test.ic });
  expect(versions[1].featureNames).toEqual(report.config.features);
});

test('a damaged version is listed with what is wrong, and nothing of it is believed', async () => {
  flipBit(workspace, 1, 'report.json');
  const [, damaged] = await list();
  expect(damaged).toMatchObject({ version: 1, isIntact: false, isChampion: true, test: null });
  expect(damaged.problem).toContain('report.json');
  await expect(view.show(SYMBOL, 1, undefined, null)).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
  flipBit(workspace, 1, 'report.json');
  expect((await list())[1].isIntact).toBe(true);
});

test('a number that was removed and given away again is the new version', async () => {
  const [former] = await list();
  rmSync(join(workspace.home, 'models/versions', SYMBOL, '2'), { recursive: true });
  expect(await list()).toHaveLength(1);
  await trainLive(workspace, { seed: 9 });
  const [again] = await list();
  expect(again.version).toBe(former.version);
  expect(again.seed).toBe(9);
});

test('shows one version with its whole report', async () => {
  const { summary, report } = await view.show(SYMBOL, 2, undefined, null);
  expect(summary).toMatchObject({ version: 2, isChampion: false });
  expect(report).toMatchObject({ name: SYMBOL, version: 2 });
  await expect(view.show(SYMBOL, 7, undefined, null)).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
});

test('an unreadable manifest is a damaged version, not the end of the list', async () => {
  writeFileSync(join(workspace.home, 'models/versions', SYMBOL, '2/manifest.json'), '{}');
  expect((await list()).map(({ isIntact }) => isIntact)).toEqual([false, true]);
});
