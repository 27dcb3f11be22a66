import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type DoctorWorkspace,
  examine,
  makeCandles,
  openDoctorWorkspace,
  trainSmall,
} from '../../test/support/doctor-workspace.js';
import { TradeAiError } from '../core/errors.js';
import type { LstmEngine } from '../lstm/engine.js';
import { createReferenceEngine } from '../lstm/engines/reference/reference-engine.js';

let workspace: DoctorWorkspace;

beforeAll(async () => {
  workspace = openDoctorWorkspace();
  await workspace.store(makeCandles({ symbol: 'QUIET', rowCount: 1_200 }));
  await trainSmall(workspace, { symbol: 'QUIET', epochs: 1 });
});

afterAll(() => workspace.remove());

function examineWith(createEngine: () => Promise<LstmEngine>, check: 'engine' | 'forecasts') {
  return examine({ ...workspace, ports: { ...workspace.ports, createEngine } }, 'QUIET', check);
}

test('an engine that computes what the equations say passes', async () => {
  const { status, evidence } = await examine(workspace, 'QUIET', 'engine');
  expect(status).toBe('ok');
  expect(evidence.largestDifference).toBeLessThan(1e-5);
});

test('an engine that does not start is a problem, and the other checks go on without it', async () => {
  const createEngine = async () => {
    throw new TradeAiError('ENGINE_UNAVAILABLE', 'no build of the native engine for sparc');
  };
  const { status, finding, command } = await examineWith(createEngine, 'engine');
  expect(status).toBe('problem');
  expect(finding).toContain('no build of the native engine for sparc');
  expect(command).toContain('--engine wasm');
  expect(await examineWith(createEngine, 'forecasts')).toMatchObject({ status: 'ok' });
});

test('an engine that computes something else is a problem', async () => {
  const createEngine = async (): Promise<LstmEngine> => {
    const reference = createReferenceEngine();
    return {
      ...reference,
      openDataset: (contents) => reference.openDataset({ ...contents, x: contents.x.map((value) => -value) }),
    };
  };
  const { status, finding } = await examineWith(createEngine, 'engine');
  expect(status).toBe('problem');
  expect(finding).toMatch(/differs from the plain equations by \d\.\de-[12] volatilities on 8 windows/);
});
