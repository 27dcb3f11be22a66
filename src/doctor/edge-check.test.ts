import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type DoctorWorkspace,
  examine,
  makeCandles,
  openDoctorWorkspace,
  publishChanged,
  trainSmall,
} from '../../test/support/doctor-workspace.js';
import { encodeJson } from '../versions/model-files.js';
import type { TrainReport } from '../versions/train-report.js';
import { checkEdge } from './edge-check.js';
import { readModel } from './examined-model.js';

let workspace: DoctorWorkspace;

beforeAll(async () => {
  workspace = openDoctorWorkspace();
  await workspace.store(makeCandles({ symbol: 'STRONG', rowCount: 1_500, momentum: 0.4 }));
  await workspace.store(makeCandles({ symbol: 'WEAK', rowCount: 1_500, momentum: 0.12, seed: 2 }));
  await trainSmall(workspace, { symbol: 'WEAK' });
});

afterAll(() => workspace.remove());

/** The model with another IC in its report. */
async function claimIc(ic: number | null, more: Partial<Record<keyof TrainReport['test'], unknown>> = {}) {
  await publishChanged(workspace, 'WEAK', (files) => {
    const report: TrainReport = JSON.parse(new TextDecoder().decode(files.get('report.json')));
    files.set('report.json', encodeJson({ ...report, test: { ...report.test, ...more, ic } }));
  });
  return examine(workspace, 'WEAK', 'edge');
}

describe('the check of the edge', () => {
  test('passes an edge that the rows can show', async () => {
    await trainSmall(workspace, { symbol: 'STRONG' });
    const { status, evidence } = await examine(workspace, 'STRONG', 'edge');
    expect(status).toBe('ok');
    expect(evidence.ic).toBeGreaterThan(Number(evidence.smallestIc));
  });

  test('finds too little data for a small edge, and says how much it takes', async () => {
    const { status, evidence, command, cause } = await examine(workspace, 'WEAK', 'edge');
    expect(status).toBe('warning');
    expect(evidence.ic).toBeGreaterThan(0.05);
    expect(evidence.independentLabels).toBe(449);
    // (1.6449 + 0.8416)² / IC²: https://en.wikipedia.org/wiki/Power_of_a_test of Fisher's z for small correlations
    expect(Number(evidence.neededLabels) / (2.4865 / Number(evidence.ic)) ** 2).toBeCloseTo(1, 1);
    expect(cause).toContain('too little data');
    expect(command).toMatch(/^tradeai train --symbol WEAK .*--from 202\d-\d\d-\d\d/);
    expect(command).not.toContain('--source file');
  });

  test('takes a larger part for the test where there is no longer history, or says that nothing suffices', async () => {
    const { model } = await readModel('WEAK', undefined, workspace.ports, {});
    const simulated = { ...model!, config: { ...model!.config, source: 'demo' } };
    const { test: told, ...report } = model!.report!;
    const claimed = (ic: number) => ({ ...report, test: { ...told, rows: 449, ic, detectableEdge: undefined } });
    const claim = (ic: number) => checkEdge({ ...simulated, report: claimed(ic) });
    // 763 of 1,500 rows
    expect(claim(0.09).command).toContain('--test-share 0.51');
    expect(claim(0.06)).toMatchObject({ status: 'warning', command: null });
  });

  test('claims nothing for an IC within its own standard error, below 0 or undefined', async () => {
    for (const ic of [0.04, -0.2, null]) {
      const { status, finding } = await claimIc(ic);
      expect(status).toBe('ok');
      expect(finding).toContain('no edge is claimed');
    }
  });

  test('computes what an older report does not hold', async () => {
    const { evidence } = await claimIc(0.07, { detectableEdge: undefined });
    expect(evidence.independentLabels).toBe(449);
    expect(evidence.smallestIc).toBeCloseTo(0.1173, 3);
  });
});
