/**
 * Numbers that are numbers and yet make none: every one in the files of a version, its pointer, its decision, the ledger and
 * a checkpoint, replaced by the largest, the smallest and what is no number at all.
 */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TradeAiError } from '../../src/core/errors.js';
import { resolveForecasts } from '../../src/evaluation/ledger.js';
import { measureTrackRecord } from '../../src/evaluation/track-record.js';
import { predictNewest } from '../../src/live/predict.js';
import { describePrediction } from '../../src/live/prediction.js';
import { VersionView } from '../../src/live/version-view.js';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/lstm/checkpoint.js';
import { membersFromSafetensors, membersToSafetensors } from '../../src/lstm/weights-file.js';
import type { ModelVersion } from '../../src/ports/registry.js';
import { readChampion, readDecision } from '../../src/storage/champion-file.js';
import { applyLine, formatLine, type LedgerLine, parseLine } from '../../src/storage/ledger-lines.js';
import { sealJson } from '../../src/storage/sealed-json.js';
import { encodeVersionArchive } from '../../src/storage/version-archive.js';
import { parseManifest } from '../../src/storage/version-folder.js';
import { architectureOf, decodeModel, hashWeights } from '../../src/versions/model-files.js';
import { decodeReport } from '../../src/versions/report-files.js';
import { importVersion } from '../../src/versions/transfer.js';
import {
  ledgerEntrySchema,
  predictionSchema,
  trackRecordSchema,
  type VersionSummary,
  versionSummarySchema,
} from '../../src/wire/wire.js';
import { makeForecast } from '../support/ledger-forecasts.js';
import { jsonOf, NAME, openTestWorkspace, type TestWorkspace, trainVersion, withFiles } from './trained-version.js';

const SEED = 20_261_128;
const RUNS = Number(process.env.TRADEAI_NUMBER_RUNS ?? 300);
const HOSTILE = [1e308, -1e308, 1e300, 1e101, 1e30, 5e-324, -5e-324, 0, -1, 0.5, 2 ** 53 + 2, 'NaN', '1e308', null];

let workspace: TestWorkspace;
let sound: ModelVersion;

beforeAll(async () => {
  workspace = openTestWorkspace();
  sound = await trainVersion(workspace);
});
afterAll(() => workspace.remove());

type Path = readonly (string | number)[];

/** Where the numbers of a document stand. */
function numberPaths(value: unknown, path: Path = []): Path[] {
  if (typeof value === 'number') return [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => numberPaths(inner, [...path, key]));
}

function at(document: unknown, path: Path): number {
  return path.reduce((inner, key) => (inner as Record<string, unknown>)[key], document) as number;
}

function withValue<Document>(document: Document, path: Path, value: unknown): Document {
  const copy = structuredClone(document);
  const holder = path.slice(0, -1).reduce((inner, key) => (inner as Record<string, never>)[key], copy as unknown);
  (holder as Record<string, unknown>)[path.at(-1)!] = value;
  return copy;
}

/** The document with one or two of its numbers replaced. */
function hostile<Document>(document: Document): fc.Arbitrary<Document> {
  const paths = numberPaths(document);
  expect(paths.length).toBeGreaterThan(0);
  const change = fc.tuple(fc.constantFrom(...paths), fc.constantFrom(...HOSTILE));
  return fc
    .array(change, { minLength: 1, maxLength: 2 })
    .map((changes) => changes.reduce((changed, [path, value]) => withValue(changed, path, value), document));
}

const check = <Item>(arbitrary: fc.Arbitrary<Item>, holds: (item: Item) => void) =>
  fc.assert(fc.property(arbitrary, holds), { seed: SEED, numRuns: RUNS });

/** What comes of it, or `undefined` where the model is refused; any other error is a fault of the program. */
function unlessRefused<Result>(run: () => Result): Result | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof TradeAiError && error.kind === 'model') return undefined;
    throw error;
  }
}

/** As it arrives on the other side of a wire or of a disk. */
const throughJson = (value: unknown) => JSON.parse(JSON.stringify(value));

const CANDLE = {
  asOfMs: 1_700_000_000_000,
  lastClose: 100,
  volatility: 0.01,
  novelFeatures: [],
  warnings: [],
  holdReasons: [],
};

describe('a forecast that leaves is of finite numbers, or the model is refused', () => {
  test.each(['calibration.json', 'scaler.json', 'config.json'] as const)('whatever stands in %s', (fileName) => {
    const scores = fc.constantFrom(0, 0.3, -0.3, 5, -5, 1e3, 1e30, -1e30, 1e308);
    const documents = hostile(jsonOf(sound, fileName));
    let told = 0;
    check(fc.tuple(documents, scores), ([document, scaledChange]) => {
      const prediction = unlessRefused(() => {
        const model = decodeModel(withFiles(sound, { [fileName]: JSON.stringify(document) }));
        return describePrediction(model, { ...CANDLE, scaledChange }, { nowMs: CANDLE.asOfMs });
      });
      if (prediction === undefined) return;
      told += 1;
      expect(predictionSchema.parse(throughJson(prediction))).toEqual(prediction);
    });
    // Both happen: what is refused is no more than what must be.
    expect(told).toBeGreaterThan(0);
    expect(told).toBeLessThan(RUNS);
  });

  test('a model of huge weights or a huge interval is refused by predict, with what was expected', async () => {
    const config = decodeModel(sound).config;
    const architecture = architectureOf(config);
    const members = membersFromSafetensors(sound.files.get('weights.safetensors')!, architecture);
    const huge = members.map((weights) => weights.map((weight) => Math.fround(weight * 1e30)));
    const weights = membersToSafetensors(architecture, huge);
    const calibration = withValue(jsonOf(sound, 'calibration.json'), ['interval', 'halfWidth'], 1e99);
    const versions = [
      withFiles(sound, { 'weights.safetensors': weights }, { weightsSha256: hashWeights(huge) }),
      withFiles(sound, { 'calibration.json': JSON.stringify(calibration) }),
    ];
    for (const version of versions) {
      plant(version);
      await expect(predictNewest({ name: NAME, offline: true }, workspace.ports)).rejects.toMatchObject({
        code: 'MODEL_CORRUPT',
        kind: 'model',
        message: expect.stringMatching(
          /its forecast is refused: expected (score at most 1000|interval80 a finite change)/,
        ),
      });
    }
  });

  test('a calibration of 1e308 is refused when it is imported', async () => {
    for (const path of [
      ['interval', 'halfWidth'],
      ['interval', 'step'],
      ['confidence', 'slope'],
    ]) {
      const calibration = withValue(jsonOf(sound, 'calibration.json'), path, 1e308);
      const version = withFiles(sound, { 'calibration.json': JSON.stringify(calibration) });
      await expect(importVersion(version, workspace.ports.registry)).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
    }
  });
});

describe('what a registry tells is within what the API tells, or refused', () => {
  test('whatever stands in a manifest', async () => {
    const { files: _files, ...document } = sound.manifest;
    const manifests: ModelVersion['manifest'][] = [];
    check(hostile(document), (changed) => {
      const sealed = Buffer.from(sealJson({ ...changed, files: sound.manifest.files }));
      const manifest = unlessRefused(() => parseManifest('it', sealed));
      if (manifest !== undefined) manifests.push(manifest);
    });
    expect(manifests.length).toBeGreaterThan(0);
    for (const manifest of manifests) {
      const registry = {
        ...workspace.ports.registry,
        listVersions: async () => [manifest.version],
        load: async () => ({ ...sound, manifest }),
      };
      const summaries: VersionSummary[] = await new VersionView(registry).list(NAME, undefined, null);
      for (const summary of summaries) versionSummarySchema.parse(throughJson(summary));
    }
  });

  test('whatever stands in a report', () => {
    const { version: _version, ...document } = jsonOf(sound, 'report.json');
    check(hostile(document), (report) => {
      const version = withFiles(sound, { 'report.json': JSON.stringify(report) });
      const read = unlessRefused(() => decodeReport(version));
      if (read !== undefined) expect(throughJson(read)).toEqual(read);
    });
  });

  test('whatever stands in a pointer or in a decision', async () => {
    const folder = join(workspace.home, 'models/versions/POINTED');
    mkdirSync(folder, { recursive: true });
    const pointer = { version: 1, generation: 1, promotedAtMs: 0, reasons: [], previousVersion: 2 };
    const decision = {
      version: 1,
      runId: 'run',
      decidedAtMs: 0,
      verdict: 'skill',
      isPromoted: true,
      reasons: [],
      pValue: 0.1,
      adjustedPValue: 0.2,
      names: [],
    };
    const property = fc.asyncProperty(hostile({ pointer, decision }), async (document) => {
      writeFileSync(join(folder, 'champion.json'), sealJson(document.pointer));
      writeFileSync(join(folder, '1.decision.json'), sealJson(document.decision));
      for (const read of [() => readChampion(folder, 'POINTED'), () => readDecision(folder, 'POINTED', 1)]) {
        const found = await read().catch((error) => error);
        if (found instanceof Error) expect(found).toMatchObject({ code: 'MODEL_CORRUPT' });
        else for (const path of numberPaths(found)) expect(Math.abs(at(found, path))).toBeLessThanOrEqual(1e100);
      }
    });
    await fc.assert(property, { seed: SEED, numRuns: 60 });
  });

  test('a manifest, a pointer and an archive of too many bytes are refused unread', async () => {
    const large = { ...sound.manifest, engine: 'x'.repeat(2 ** 20) };
    const archive = join(workspace.home, 'large.zip');
    writeFileSync(archive, await encodeVersionArchive({ ...sound, manifest: large }));
    const tooLarge = { code: 'MODEL_CORRUPT', message: expect.stringMatching(/bytes, .*1048576/) };
    await expect(workspace.ports.readVersionArchive(archive)).rejects.toMatchObject(tooLarge);
    const folder = join(workspace.home, 'models/versions/LARGE');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'champion.json'), sealJson({ reasons: ['x'.repeat(2 ** 20)] }));
    await expect(readChampion(folder, 'LARGE')).rejects.toMatchObject(tooLarge);
  });
});

describe('the ledger', () => {
  const forecast: LedgerLine = { kind: 'forecast', ...makeForecast(1) };
  const outcome: LedgerLine = {
    kind: 'outcome',
    version: forecast.version,
    asOfMs: forecast.asOfMs,
    settledAtMs: forecast.targetTimeMs,
    outcome: { close: 101, change: 0.01, isHit: true, isInside: true, scoredAtMs: forecast.targetTimeMs },
  };
  const sealed = (line: unknown) => {
    const body = JSON.stringify(line).slice(0, -1);
    return `${body},"crc":"${crc32(body).toString(16).padStart(8, '0')}"}`;
  };
  const reported = {
    hitRate: 0.6,
    ic: 0.1,
    brier: 0.2,
    intervalCoverage: 0.8,
    floor: { hitRate: 0.5, intervalCoverage: 0.7, beatsNoChange: true },
  };

  test('whatever numbers its lines have, they are damaged lines or make a record that can be told', () => {
    let read = 0;
    check(hostile({ forecast, outcome }), (lines) => {
      const made = parseLine(sealed(lines.forecast));
      const became = parseLine(sealed(lines.outcome));
      if (made === undefined || became?.kind !== 'outcome') return;
      read += 1;
      const entry = applyLine(applyLine(undefined, made), became);
      ledgerEntrySchema.parse(throughJson({ ...entry, outcome: entry.outcome }));
      const entries = Array.from({ length: 12 }, () => entry as never);
      const options = { name: NAME, version: 1, horizonSteps: 3, costBpsPerSide: 10, reported };
      trackRecordSchema.parse(throughJson(measureTrackRecord(entries, options)));
    });
    expect(read).toBeGreaterThan(0);
  });

  test('no line is written that could not be read again', () => {
    for (const value of [Number.POSITIVE_INFINITY, Number.NaN]) {
      const unsound = withValue(forecast as object, ['predictedChange'], value) as LedgerLine;
      expect(() => formatLine(unsound)).toThrow('expected a number as predictedChange');
    }
    expect(parseLine(formatLine(forecast).trimEnd())).toEqual(forecast);
  });

  test('a price that no price becomes is no outcome', () => {
    const { asOfMs, targetTimeMs } = forecast as Extract<LedgerLine, { kind: 'forecast' }>;
    const values = (value: number) => Float64Array.of(value);
    const series = {
      symbol: NAME,
      interval: '1h' as const,
      openTimeMs: Float64Array.of(targetTimeMs - 3_600_000),
      ...{ open: values(1e308), high: values(1e308), low: values(1e308), close: values(1e308), volume: values(0) },
      extras: {},
    };
    const pending = { ...makeForecast(1), asOfMs, targetTimeMs, lastClose: 5e-324 };
    expect(resolveForecasts([pending], series, targetTimeMs)).toMatchObject([{ outcome: null }]);
  });
});

test('whatever stands in the header of a checkpoint, it is refused or read', () => {
  const weights = () => Float64Array.of(1, 2);
  const history = {
    seed: 1,
    epochsRun: 2,
    bestEpoch: 1,
    trainLoss: [1, 0.5],
    validationLoss: [1, 0.6],
    isFinished: false,
    step: 7,
  };
  check(hostile(history), ({ step, ...changed }) => {
    const member = {
      ...changed,
      bestWeights: weights(),
      state: { weights: weights(), firstMoment: weights(), secondMoment: weights(), step },
    };
    const bytes = encodeCheckpoint({ context: {}, ensembles: [[member as never]] });
    unlessRefused(() => decodeCheckpoint(bytes));
  });
});

/** Puts a version where the registry finds it, with a pointer to it. */
function plant({ manifest, files }: ModelVersion): void {
  const folder = join(workspace.home, 'models/versions', NAME, '1');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
  writeFileSync(join(folder, 'manifest.json'), sealJson(manifest));
  const pointer = { version: 1, generation: 1, promotedAtMs: 0, reasons: ['planted'] };
  writeFileSync(join(folder, '../champion.json'), sealJson(pointer));
}
