/** Runs as they are stopped, killed and gone on with, in one process: real trainings, a moment each. */

import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { makeCandles, SMALL_TRAINING } from '../../test/support/doctor-workspace.js';
import { composePorts } from '../app/compose.js';
import { TradeAiError } from '../core/errors.js';
import { closeTimeMs, rowCountOf } from '../market/candle-series.js';
import { parseTrainOptions, type TrainOptionsInput } from '../options/train-options.js';
import type { Ports } from '../ports/ports.js';
import type { VersionDraft } from '../ports/registry.js';
import type { RunOutcome } from './decide-run.js';
import { evaluateAgain, retrain } from './retrain.js';
import { makeRunId } from './run.js';
import { resumeTraining, trainModel } from './train.js';
import type { TrainHooks } from './train-hooks.js';
import { type TogetherHooks, trainTogether } from './train-together.js';

const NAMES = ['AUSDT', 'BUSDT', 'CUSDT'];
const AGAIN = { offline: true };
const OPTIONS: TrainOptionsInput = {
  ...SMALL_TRAINING,
  features: [...SMALL_TRAINING.features],
  symbol: 'AUSDT',
  source: 'file',
  folds: 0,
  epochs: 3,
  patience: 3,
};

let template: string;
let home: string;
let ports: Ports;

/** The ports of one more process. */
function openPorts(): Ports {
  const series = makeCandles({ symbol: 'AUSDT', rowCount: 700, momentum: 0.3 });
  const nowMs = closeTimeMs(series, rowCountOf(series) - 1) + 500;
  return { ...composePorts({ home, environment: {}, onNote: () => undefined }), now: () => nowMs };
}

beforeAll(async () => {
  template = mkdtempSync(join(tmpdir(), 'tradeai-runs-'));
  home = template;
  ports = openPorts();
  for (const symbol of NAMES) {
    await ports.store.append('file', makeCandles({ symbol, rowCount: 700, momentum: 0.3 }));
    await train({ symbol });
  }
});
afterAll(() => rmSync(template, { recursive: true, force: true }));
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'tradeai-runs-'));
  cpSync(template, home, { recursive: true });
  ports = openPorts();
  const made = home;
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
});

const train = (options: Partial<TrainOptionsInput> = {}, hooks?: TrainHooks) =>
  trainModel(parseTrainOptions({ ...OPTIONS, ...options }), ports, hooks);

/** Hooks that stop a training after so many epochs of all its networks. */
function stopAfter(epochs: number): TrainHooks {
  const controller = new AbortController();
  let seen = 0;
  return {
    signal: controller.signal,
    onEpoch: () => {
      seen += 1;
      if (seen === epochs) controller.abort();
    },
  };
}

const interrupted = { code: 'INTERRUPTED' };
const kept = () => readdirSync(join(home, 'models/checkpoints'));
const weightsOf = async (name: string, version: number) =>
  (await ports.registry.readManifest(name, version)).weightsSha256;

describe('a stopped training', () => {
  test('goes on under its own id, with the weights of one that never stopped, and nothing is left of it', async () => {
    await expect(train({ seed: 5 }, stopAfter(2))).rejects.toMatchObject({
      ...interrupted,
      hint: 'go on with `tradeai train --symbol AUSDT --resume`',
    });
    const [run] = await ports.checkpoints.listRuns();
    expect(run).toMatchObject({ kind: 'train', names: ['AUSDT'], checkpoints: ['AUSDT'], isRunning: false });
    const resumed = await resumeTraining({ name: 'AUSDT' }, openPorts());
    const whole = await train({ seed: 5 });
    expect(resumed.artifacts.weightsSha256).toBe(whole.artifacts.weightsSha256);
    expect((await ports.registry.readManifest('AUSDT', resumed.version!)).run).toMatchObject({ id: run.id });
    expect(kept()).toEqual([]);
  });

  test('of several is the newest, which tells of the others; or the one that is named', async () => {
    for (const seed of [5, 6]) await expect(train({ seed }, stopAfter(1))).rejects.toMatchObject(interrupted);
    const [older, newer] = (await ports.checkpoints.listRuns()).map(({ id }) => id);
    await expect(resumeTraining({ name: 'AUSDT', runId: 'none' }, ports)).rejects.toMatchObject({
      code: 'CHECKPOINT_NOT_FOUND',
      message: expect.stringContaining(`there are ${newer}, ${older}`),
    });
    const notices: string[] = [];
    const hooks: TrainHooks = { onStart: (start) => notices.push(...start.notices) };
    await resumeTraining({ name: 'AUSDT' }, ports, hooks);
    expect(notices.join()).toContain(`--resume ID goes on with one of them: ${older}`);
    expect(kept()).toEqual([older]);
    await resumeTraining({ name: 'AUSDT', runId: older }, ports);
    await expect(resumeTraining({ name: 'AUSDT' }, ports)).rejects.toMatchObject({ code: 'CHECKPOINT_NOT_FOUND' });
  });

  test('of an older program lies under its name alone: it is found, told, resumed and removed', async () => {
    await expect(train({ seed: 5 }, stopAfter(2))).rejects.toMatchObject(interrupted);
    const [{ id }] = await ports.checkpoints.listRuns();
    const bytes = (await ports.checkpoints.load({ runId: id, name: 'AUSDT' }))!;
    await ports.checkpoints.end(id);
    writeFileSync(join(home, 'models/checkpoints/AUSDT.safetensors'), bytes);
    const notices: string[] = [];
    await resumeTraining({ name: 'AUSDT' }, ports, { onStart: (start) => notices.push(...start.notices) });
    expect(notices).toContain('goes on with a training that an older version of this program stopped');
    expect(kept()).toEqual([]);
  });

  test('that failed between its version and its promotion has only to be decided', async () => {
    const promote = () => Promise.reject(new TradeAiError('STORAGE_UNWRITABLE', 'the disk is full'));
    const dying: Ports = { ...ports, registry: { ...ports.registry, promote } };
    const options = parseTrainOptions({ ...OPTIONS, name: 'NEWCOMER' });
    await expect(trainModel(options, dying)).rejects.toThrow('the disk is full');
    expect(await ports.registry.champion('NEWCOMER')).toBeUndefined();
    const hooks: TrainHooks = { onStart: () => expect.unreachable('it is trained already') };
    expect(await resumeTraining({ name: 'NEWCOMER' }, openPorts(), hooks)).toMatchObject({
      version: 1,
      promoted: true,
    });
    expect(await ports.registry.champion('NEWCOMER')).toMatchObject({ version: 1 });
    expect(kept()).toEqual([]);
  });

  test('that has published leaves nothing behind the next training of its name', async () => {
    const promote = () => Promise.reject(new TradeAiError('STORAGE_UNWRITABLE', 'the disk is full'));
    const dying: Ports = { ...ports, registry: { ...ports.registry, promote } };
    const options = parseTrainOptions({ ...OPTIONS, name: 'NEWCOMER' });
    await expect(trainModel(options, dying)).rejects.toThrow('the disk is full');
    expect(kept()).toHaveLength(1);
    expect(await trainModel(options, openPorts())).toMatchObject({ version: 2, promoted: true });
    expect(kept()).toEqual([]);
  });

  test('is not touched by an evaluation, and an interrupted evaluation keeps nothing', async () => {
    await expect(train({ seed: 5 }, stopAfter(2))).rejects.toMatchObject(interrupted);
    const before = await ports.checkpoints.listRuns();
    await expect(evaluateAgain('AUSDT', AGAIN, ports, stopAfter(2))).rejects.toMatchObject({
      ...interrupted,
      message: 'interrupted; nothing is kept of an evaluation',
    });
    const judged = await evaluateAgain('AUSDT', AGAIN, ports);
    expect(judged.artifacts).toMatchObject({
      model: null,
      scaler: null,
      featureNames: null,
      reason: 'judged only: nothing was published',
    });
    expect(await ports.checkpoints.listRuns()).toEqual(before);
    expect(await ports.registry.listVersions('AUSDT')).toEqual([1]);
  });

  test('is not touched by a retraining, nor by a training from the start', async () => {
    await expect(train({ seed: 5 }, stopAfter(2))).rejects.toMatchObject(interrupted);
    const before = await ports.checkpoints.listRuns();
    await retrain(['AUSDT'], AGAIN, ports);
    await train({ seed: 7 });
    expect(await ports.checkpoints.listRuns()).toEqual(before);
  });
});

const stopAtName = (name: string, epochs: number) => {
  const { signal, onEpoch } = stopAfter(epochs);
  return { signal, hooksOf: (each: string) => (each === name ? { signal, onEpoch } : { signal }) };
};

describe('a training of several symbols', () => {
  /** Other weights than those of the template. */
  const together = (options: Partial<TrainOptionsInput> & { isResumed?: boolean }, hooks?: TogetherHooks) => {
    const { isResumed = false, ...given } = options;
    const optionsOf = async (symbol: string) => parseTrainOptions({ ...OPTIONS, seed: 7, ...given, symbol });
    return trainTogether({ kind: 'train', names: NAMES, optionsOf, isResumed, ports }, hooks);
  };
  const versionsOf = (outcomes: readonly RunOutcome[]) =>
    outcomes.map((outcome) => ('report' in outcome ? outcome.report.version : outcome.error));

  test('that is stopped goes on when it is asked for again, and decides over all of them', async () => {
    await expect(together({}, stopAtName('BUSDT', 2))).rejects.toMatchObject({
      ...interrupted,
      hint: 'go on with the same command and --resume',
    });
    await expect(resumeTraining({ name: 'BUSDT' }, ports)).rejects.toMatchObject({
      code: 'CHECKPOINT_NOT_FOUND',
      message: 'BUSDT was stopped in a training of AUSDT, BUSDT, CUSDT together',
    });
    const trained = new Set<string>();
    const hooksOf = (name: string): TrainHooks => ({ onEpoch: () => trained.add(name) });
    expect(versionsOf(await together({ isResumed: true }, { hooksOf }))).toEqual([2, 2, 2]);
    expect([...trained]).toEqual(['BUSDT', 'CUSDT']);
    for (const name of NAMES) expect((await ports.registry.load(name, 2)).decision?.names).toEqual(NAMES);
    expect(kept()).toEqual([]);
    const [alone] = versionsOf([{ name: 'BUSDT', report: await train({ symbol: 'BUSDT', seed: 7 }) }]);
    expect(await weightsOf('BUSDT', 2)).toBe(await weightsOf('BUSDT', alone as number));
  });

  test('goes on with nothing of other options, and forgets what was stopped when it begins anew', async () => {
    await expect(together({}, stopAtName('BUSDT', 2))).rejects.toMatchObject(interrupted);
    expect(versionsOf(await together({ isResumed: true, seed: 8 }))).toEqual([3, 2, 2]);
    await expect(together({ seed: 9 }, stopAtName('AUSDT', 1))).rejects.toMatchObject(interrupted);
    expect(kept()).toHaveLength(1);
    expect(versionsOf(await together({ seed: 9 }))).toEqual([4, 3, 3]);
    expect(kept()).toEqual([]);
    await expect(together({ isResumed: true })).rejects.toMatchObject({ code: 'CHECKPOINT_NOT_FOUND' });
  });
});

describe('a retraining', () => {
  test('that is stopped at the second of three names goes on there, and decides over all three', async () => {
    await expect(retrain(NAMES, AGAIN, ports, stopAtName('BUSDT', 2))).rejects.toMatchObject({
      ...interrupted,
      hint: 'go on with `tradeai retrain --all`',
    });
    expect(await ports.registry.listVersions('AUSDT')).toEqual([1, 2]);
    expect((await ports.registry.load('AUSDT', 2)).decision).toBeUndefined();
    expect((await ports.registry.champion('AUSDT'))?.version).toBe(1);
    const epochs: string[] = [];
    const hooksOf = (name: string): TrainHooks => ({
      onEpoch: (_index, { epochsRun }) => epochs.push(`${name} ${epochsRun}`),
    });
    const outcomes = await retrain(NAMES, AGAIN, openPorts(), { hooksOf });
    expect(outcomes.map((outcome) => 'report' in outcome && outcome.report.version)).toEqual([2, 2, 2]);
    expect(epochs.filter((epoch) => epoch.startsWith('A'))).toEqual([]);
    expect(epochs.filter((epoch) => epoch.startsWith('B')).length).toBeLessThan(
      epochs.filter((epoch) => epoch.startsWith('C')).length,
    );
    for (const name of NAMES) {
      const { decision, manifest } = await ports.registry.load(name, 2);
      expect(decision?.names).toEqual(NAMES);
      expect(manifest.run?.nameCount).toBe(3);
      // The same candles and options as version 1.
      expect(await weightsOf(name, 2)).toBe(await weightsOf(name, 1));
    }
    expect(kept()).toEqual([]);
  });

  test('decides with p-values adjusted over all names', async () => {
    const outcomes = await retrain(NAMES, AGAIN, ports);
    const decisions = await Promise.all(NAMES.map(async (name) => (await ports.registry.load(name, 2)).decision!));
    const pValues = decisions.map(({ pValue }) => pValue!);
    const sorted = [...pValues].sort((a, b) => a - b);
    // Holm by hand: the smallest times three.
    expect(decisions[pValues.indexOf(sorted[0])].adjustedPValue).toBeCloseTo(Math.min(1, 3 * sorted[0]), 12);
    for (const [i, outcome] of outcomes.entries()) {
      if ('error' in outcome) throw outcome.error;
      expect(outcome.report).toMatchObject({ verdict: decisions[i].verdict, promoted: decisions[i].isPromoted });
      expect(outcome.report.reasons).toEqual(decisions[i].reasons);
    }
  });

  test('of one name says all in its own report: nothing stands beside it', async () => {
    await retrain(['AUSDT'], AGAIN, ports);
    expect((await ports.registry.load('AUSDT', 2)).decision).toBeUndefined();
    expect(readdirSync(join(home, 'models/versions/AUSDT')).sort()).toEqual(['1', '2', 'champion.json']);
  });

  test('of the queue goes on under the id it was begun with; another one leaves it alone', async () => {
    const runId = makeRunId(ports.now());
    const options = { ...AGAIN, runId };
    await expect(retrain(['AUSDT', 'BUSDT'], options, ports, stopAtName('BUSDT', 2))).rejects.toMatchObject(
      interrupted,
    );
    const [run] = await ports.checkpoints.listRuns();
    expect(run).toMatchObject({ id: runId, startedBy: 'queue', checkpoints: ['BUSDT'] });
    await retrain(['AUSDT'], AGAIN, ports);
    expect(await ports.checkpoints.listRuns()).toEqual([run]);
    await retrain(['AUSDT', 'BUSDT'], options, ports);
    expect((await ports.registry.load('BUSDT', 2)).decision).toMatchObject({ runId, names: ['AUSDT', 'BUSDT'] });
    expect(kept()).toEqual([]);
  });

  test('of the queue goes on without the names that are over: one counts as tested, the progress of one is kept', async () => {
    const options = { ...AGAIN, runId: makeRunId(ports.now()) };
    await expect(retrain(NAMES, options, ports, stopAtName('BUSDT', 2))).rejects.toMatchObject(interrupted);
    const turns: (string | undefined)[] = [];
    await retrain(['CUSDT'], options, ports, { onTurn: (name) => turns.push(name) });
    expect(turns).toEqual(['CUSDT', undefined]);
    expect((await ports.registry.load('CUSDT', 2)).decision).toMatchObject({ names: ['AUSDT', 'CUSDT'] });
    expect((await ports.registry.load('AUSDT', 2)).decision).toBeUndefined();
    expect(await ports.checkpoints.listRuns()).toMatchObject([{ names: ['BUSDT'], checkpoints: ['BUSDT'] }]);
  });

  test('of the queue waits for the process of a killed server, and goes on where that one stopped', async () => {
    const options = { ...AGAIN, runId: makeRunId(ports.now()) };
    await expect(retrain(['AUSDT'], options, ports, stopAtName('AUSDT', 2))).rejects.toMatchObject(interrupted);
    const [{ isRunning: _, checkpoints: __, ...record }] = await ports.checkpoints.listRuns();
    const former = openPorts().checkpoints;
    await former.begin(record);
    let looks = 0;
    const { checkpoints } = ports;
    const waiting: Ports = {
      ...ports,
      checkpoints: {
        ...checkpoints,
        async isRunning(runId) {
          const isRunning = await checkpoints.isRunning(runId);
          looks += 1;
          if (looks === 2) await former.leave(record);
          return isRunning;
        },
        async listRuns() {
          // All others, too, each of which may take seconds.
          expect(looks).toBe(3);
          return checkpoints.listRuns();
        },
      },
    };
    const epochs: number[] = [];
    const hooksOf = () => ({
      onEpoch: (_index: unknown, { epochsRun }: { epochsRun: number }) => epochs.push(epochsRun),
    });
    const [outcome] = await retrain(['AUSDT'], options, waiting, { hooksOf });
    expect(outcome).toMatchObject({ report: { version: 2 } });
    expect(Math.min(...epochs)).toBeGreaterThan(1);
    expect(kept()).toEqual([]);
  });

  test('with other options than the stopped one begins anew, and says so', async () => {
    await expect(retrain(['AUSDT'], AGAIN, ports, stopAtName('AUSDT', 2))).rejects.toMatchObject(interrupted);
    const { generation } = (await ports.registry.champion('AUSDT'))!;
    const { version } = await train({ seed: 9 });
    if ((await ports.registry.champion('AUSDT'))?.version !== version) {
      await ports.registry.promote({ name: 'AUSDT', version: version!, reasons: [], expectedGeneration: generation });
    }
    const [outcome] = await retrain(['AUSDT'], AGAIN, ports);
    if ('error' in outcome) throw outcome.error;
    expect(outcome.report.warnings.join()).toContain('begun anew: its champion has other options now');
    expect(outcome.report.config.seed).toBe(9);
    expect(kept()).toEqual([]);
  });

  test('publishes each version before the next name is trained, and holds one model at a time', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const models: WeakRef<VersionDraft>[] = [];
    const live: number[] = [];
    const registry: Ports['registry'] = {
      ...ports.registry,
      async publish(draft) {
        const manifest = await ports.registry.publish(draft);
        models.push(new WeakRef(draft));
        return manifest;
      },
    };
    const hooksOf = (): TrainHooks => ({
      onStart: () => {
        collect();
        live.push(models.filter((model) => model.deref() !== undefined).length);
      },
    });
    const published: number[] = [];
    const hooks = {
      hooksOf: (name: string) => ({ ...hooksOf(), onJudge: () => void published.push(models.length), name }),
    };
    await retrain(NAMES, AGAIN, { ...ports, registry }, hooks);
    expect(published).toEqual([0, 1, 2]);
    expect(Math.max(...live)).toBeLessThanOrEqual(1);
  });
});

describe('while a training is compared with the champion', () => {
  test('one of a much shorter history is told so, in its report and in what is decided', async () => {
    const series = makeCandles({ symbol: 'DUSDT', rowCount: 1_500, momentum: 0.3 });
    ports = { ...ports, now: () => closeTimeMs(series, 1_499) };
    await ports.store.append('file', series);
    await train({ symbol: 'DUSDT' });
    const { reasons, warnings } = await train({ symbol: 'DUSDT', from: series.openTimeMs[800] });
    const told = expect.stringMatching(
      /^its history is much shorter: 700 candles from \S+ on, champion 1 was trained on 1,500 candles from \S+ on$/,
    );
    expect(reasons).toContainEqual(told);
    expect(warnings).toContainEqual(told);
    const same = await train({ symbol: 'DUSDT', from: series.openTimeMs[700], name: 'DUSDT' });
    expect([...same.reasons, ...same.warnings]).not.toContainEqual(told);
  });

  test('a file of one model is not taken for several', async () => {
    const options = { ...AGAIN, data: 'candles.csv' };
    await expect(retrain(['AUSDT', 'BUSDT'], options, ports)).rejects.toMatchObject({ code: 'USAGE' });
  });

  test('another one takes charge: it is compared again, published, and told why it was not promoted', async () => {
    const options = { symbol: 'AUSDT', name: 'RACE' };
    let hasRaced = false;
    const registry: Ports['registry'] = {
      ...ports.registry,
      async promote(request) {
        if (!hasRaced) {
          hasRaced = true;
          await train(options);
        }
        return ports.registry.promote(request);
      },
    };
    const report = await trainModel(parseTrainOptions({ ...OPTIONS, ...options }), { ...ports, registry });
    expect(await ports.registry.listVersions('RACE')).toEqual([1, 2]);
    expect(await ports.registry.champion('RACE')).toMatchObject({ version: 2, generation: 1 });
    expect(report).toMatchObject({ version: 1, promoted: false });
    expect(report.reasons[1]).toMatch(
      /champion 2 stays: loss \S+ against \S+ of champion 2 on the same \d+ rows is not lower/,
    );
    expect(kept()).toEqual([]);
  });

  test('a claim is overtaken: nothing is published, its progress is kept, and the error says so', async () => {
    const claim = await ports.registry.claim('AUSDT');
    await ports.registry.claim('AUSDT');
    const [outcome] = await retrain(['AUSDT'], { ...AGAIN, claims: new Map([['AUSDT', claim]]) }, ports);
    expect(outcome).toMatchObject({
      error: { code: 'VERSION_CONFLICT', message: expect.stringContaining('was claim 1') },
    });
    expect(await ports.registry.listVersions('AUSDT')).toEqual([1]);
    expect(outcome).toSatisfy(({ error }: { error: unknown }) => error instanceof TradeAiError);
  });
});
