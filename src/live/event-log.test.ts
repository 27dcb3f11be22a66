import { expect, test } from 'vitest';
import type { Job, ServerEvent } from '../wire/wire.js';
import { createEventLog } from './event-log.js';

const JOB: Job = {
  id: '7',
  kind: 'retrain',
  name: 'BTCUSDT',
  state: 'queued',
  trigger: 'schedule',
  queuedAtMs: 0,
  startedAtMs: null,
  endedAtMs: null,
  progress: null,
  result: null,
  error: null,
  runId: 'run-1',
};
const RUNNING = { state: 'running', startedAtMs: 1_000 } as const;

function open(demoteOnDrift = false) {
  const lines: unknown[] = [];
  const note = (level: string) => (facts: object, text: string) => lines.push([level, text, facts]);
  const listener = createEventLog({ info: note('info'), warn: note('warn') }, { demoteOnDrift });
  return {
    lines,
    tell: listener,
    job: (change: Partial<Job>) => listener({ kind: 'job', atMs: 0, job: { ...JOB, ...change } }),
  };
}

test('a training leaves a line when it is queued, begun and ended, and none for its progress', () => {
  const { lines, job } = open();
  const result = { version: 2, promoted: true, verdict: 'skill', reasons: ['a lower loss'] } as const;
  job({});
  for (let i = 0; i < 5; i++) job(RUNNING);
  job({ ...RUNNING, state: 'done', endedAtMs: 5_240, result: { ...result, reasons: [...result.reasons] } });
  const facts = { model: 'BTCUSDT', job: '7', run: 'run-1' };
  expect(lines).toEqual([
    ['info', 'training queued', { ...facts, trigger: 'schedule' }],
    ['info', 'training begun', { ...facts, trigger: 'schedule' }],
    ['info', 'training ended', { ...facts, seconds: 4.2, ...result }],
  ]);
});

test('a training that fails, is cancelled or interrupted says so, and how long it took', () => {
  const { lines, job } = open();
  const error = { code: 'DATA_REFUSED', message: 'a gap', hint: null };
  job({ id: '1', ...RUNNING, state: 'failed', endedAtMs: 2_000, error });
  job({ id: '2', ...RUNNING, state: 'cancelled', endedAtMs: 3_000, error: { ...error, code: 'INTERRUPTED' } });
  job({ id: '3', state: 'cancelled', endedAtMs: 3_000 });
  job({ id: '4', state: 'interrupted', endedAtMs: 3_000 });
  expect(lines).toMatchObject([
    ['warn', 'training failed', { job: '1', seconds: 1, code: 'DATA_REFUSED', reason: 'a gap' }],
    ['info', 'training cancelled', { job: '2', seconds: 2, code: 'INTERRUPTED' }],
    ['info', 'training cancelled', { job: '3', seconds: null }],
    ['info', 'training interrupted', { job: '4', seconds: null }],
  ]);
});

const DRIFT: ServerEvent = { kind: 'drift', atMs: 0, name: 'BTCUSDT', version: 3, reasons: ['the IC is lost'] };

test('promotions and drift are told, and demotions where drift demotes', () => {
  const { lines, tell } = open();
  tell({ kind: 'promotion', atMs: 0, name: 'BTCUSDT', version: 3, previousVersion: 2, reasons: ['better'] });
  tell(DRIFT);
  expect(lines).toMatchObject([
    ['info', 'version promoted', { model: 'BTCUSDT', version: 3, previousVersion: 2, reasons: ['better'] }],
    ['warn', expect.stringContaining('drifts'), { model: 'BTCUSDT', version: 3, reasons: ['the IC is lost'] }],
  ]);
  const demoting = open(true);
  demoting.tell(DRIFT);
  expect(demoting.lines[1]).toMatchObject([
    'warn',
    expect.stringContaining('demoted'),
    { model: 'BTCUSDT', version: 3 },
  ]);
});
