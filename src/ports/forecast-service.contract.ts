import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ServerEvent } from '../wire/wire.js';
import type { ForecastService } from './forecast-service.js';

export interface OpenedService {
  /** Started. */
  readonly service: ForecastService;
  /** A model with a champion, and a version behind it that can be promoted; its candles are stored. */
  readonly name: string;
}

/** What every forecast service must do, whatever it stands on. */
export function testForecastServiceContract(
  title: string,
  open: () => Promise<OpenedService & { close(): Promise<void> }>,
): void {
  describe(`forecast service ${title}`, () => {
    let opened: OpenedService & { close(): Promise<void> };
    let service: ForecastService;
    let name: string;

    beforeAll(async () => {
      opened = await open();
      ({ service, name } = opened);
    });
    afterAll(() => opened.close());

    test('is ready once it is started, and counts its models', () => {
      expect(service.readiness()).toEqual({ isReady: true, unready: [] });
      expect(service.status().modelCount).toBe(service.models().length);
    });

    test('has the newest forecast as JSON, in the summary, and in the ledger', async () => {
      const { prediction, json } = service.prediction(name);
      expect(JSON.parse(json.toString())).toEqual(prediction);
      const summary = service.models().find((model) => model.name === name)!;
      expect(summary.prediction).toEqual(prediction);
      expect(summary.champion?.version).toBe(prediction.version);
      expect(summary.lastCandle?.closeTimeMs).toBe(prediction.asOfMs);
      const { entries } = await service.ledger({ name, version: prediction.version, limit: 1 });
      const { asOfMs, predictedChange, confidence, interval80, signal } = prediction;
      expect(entries).toMatchObject([{ asOfMs, predictedChange, confidence, interval80, signal, outcome: null }]);
    });

    test('gives the newest candles of a range, up to the limit', async () => {
      const { symbol, interval, asOfMs } = service.prediction(name).prediction;
      const { openTimeMs } = await service.candles({ symbol, interval, limit: 3 });
      expect(openTimeMs).toHaveLength(3);
      const before = await service.candles({ symbol, interval, toMs: openTimeMs[0], limit: 2 });
      expect(before.openTimeMs.at(-1)).toBeLessThan(openTimeMs[0]);
      expect(openTimeMs[2]).toBeLessThan(asOfMs);
    });

    test('pages the ledger without hole or overlap', async () => {
      const { version } = service.prediction(name).prediction;
      const whole = await service.ledger({ name, version, limit: 1_000 });
      const times: number[] = [];
      for (let beforeMs: number | null | undefined; beforeMs !== null; ) {
        const page = await service.ledger({ name, version, limit: 7, beforeMs });
        times.push(...page.entries.map(({ asOfMs }) => asOfMs));
        beforeMs = page.nextBeforeMs;
      }
      expect(times).toEqual(whole.entries.map(({ asOfMs }) => asOfMs));
    });

    test('runs the champion on rows of the caller, each for itself', async () => {
      const { windowRows, featureNames, version } = service.modelShape(name);
      const size = windowRows * featureNames.length;
      const windows = Float64Array.from({ length: 2 * size }, (_, i) => Math.sin(i) / 100);
      const both = await service.infer(name, undefined, windows, 2);
      const second = await service.infer(name, version, windows.slice(size), 1);
      expect(both.version).toBe(version);
      expect(both.scores).toHaveLength(2);
      expect(both.scores[1]).toBe(second.scores[0]);
    });

    test('knows no model by a name that nobody gave, whatever is asked of it', async () => {
      const unknown = { code: 'MODEL_NOT_FOUND' };
      expect(() => service.prediction('NOBODY')).toThrow(expect.objectContaining(unknown));
      expect(() => service.modelShape('NOBODY')).toThrow(expect.objectContaining(unknown));
      await expect(service.infer('NOBODY', undefined, new Float64Array(1), 1)).rejects.toMatchObject(unknown);
      await expect(service.model('NOBODY')).rejects.toMatchObject(unknown);
      await expect(service.version('NOBODY', 1)).rejects.toMatchObject(unknown);
      await expect(service.record('NOBODY')).rejects.toMatchObject(unknown);
      await expect(service.ledger({ name: 'NOBODY', limit: 1 })).rejects.toMatchObject(unknown);
      await expect(service.retrain(['NOBODY'], 'request')).rejects.toMatchObject(unknown);
      await expect(service.promote('NOBODY', { version: 1 })).rejects.toMatchObject(unknown);
      await expect(service.rollback('NOBODY', {})).rejects.toMatchObject(unknown);
      expect(() => service.job('none')).toThrow(expect.objectContaining({ code: 'JOB_NOT_FOUND' }));
    });

    test('promotes what is asked for with the right generation, tells it, and goes back', async () => {
      const { summary, versions } = await service.model(name);
      const { version, generation } = summary.champion!;
      const target = versions.find(({ isShadow }) => isShadow)!.version;
      const events: ServerEvent[] = [];
      const unsubscribe = service.subscribe((event) => events.push(event));
      const stale = service.promote(name, { version: target, expectedGeneration: generation - 1 });
      await expect(stale).rejects.toMatchObject({ code: 'VERSION_CONFLICT' });
      expect(service.prediction(name).prediction.version).toBe(version);
      const promoted = await service.promote(name, { version: target, expectedGeneration: generation });
      expect(promoted.champion).toMatchObject({ version: target, generation: generation + 1 });
      expect(service.prediction(name).prediction.version).toBe(target);
      unsubscribe();
      expect((await service.rollback(name, {})).champion?.version).toBe(version);
      const promotions = events.filter(({ kind }) => kind === 'promotion');
      expect(promotions).toMatchObject([{ name, version: target, previousVersion: version }]);
    });

    test('queues a training of a name once, and cancels it', async () => {
      const [job] = await service.retrain([name, name], 'request');
      expect(job).toMatchObject({ name, trigger: 'request' });
      expect((await service.retrain([name], 'request')).map(({ id }) => id)).toEqual([job.id]);
      expect((await service.cancel(job.id)).state).toBe('cancelled');
      expect(service.job(job.id).state).toBe('cancelled');
      expect(service.jobs()[0].id).toBe(job.id);
    });
  });
}
