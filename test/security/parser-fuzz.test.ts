import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/lstm/checkpoint.js';
import { decodeSafetensors } from '../../src/lstm/safetensors.js';
import { startMember } from '../../src/lstm/trainer.js';
import { membersFromSafetensors } from '../../src/lstm/weights-file.js';
import type { ModelVersion } from '../../src/ports/registry.js';
import { sealJson, sha256Of } from '../../src/storage/sealed-json.js';
import { encodeVersionArchive, readVersionArchive } from '../../src/storage/version-archive.js';
import { parseManifest } from '../../src/storage/version-folder.js';
import { architectureOf, decodeModel } from '../../src/versions/model-files.js';
import { decodeForecasts } from '../../src/versions/out-of-sample.js';
import { effortUntil } from '../support/processor-time.js';
import { openTestWorkspace, type TestWorkspace, trainVersion, withFiles } from './trained-version.js';

/** Of each parser; the goal of a long run is ten million together. */
const RUNS = Number(process.env.TRADEAI_FUZZ_RUNS ?? 1_500);
/** Reading a file from the disk costs more than parsing it. */
const FILE_RUNS = Math.ceil(RUNS / 10);
const GREATEST_EFFORT = 100;

let workspace: TestWorkspace;
let sound: ModelVersion;
let folder: string;

beforeAll(async () => {
  workspace = openTestWorkspace();
  folder = mkdtempSync(join(tmpdir(), 'tradeai-fuzz-'));
  sound = await trainVersion(workspace);
});
afterAll(() => {
  workspace.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** A change of bytes: of one bit, of a piece, in length, or of a number in the text. */
type Mutation = (bytes: Uint8Array) => Uint8Array;

const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(place, fc.integer({ min: 0, max: 7 })).map(
    ([at, bit]): Mutation =>
      (bytes) => {
        const changed = Uint8Array.from(bytes);
        changed[Math.floor(at * bytes.length)] ^= 1 << bit;
        return changed;
      },
  ),
  fc.tuple(place, fc.uint8Array({ minLength: 1, maxLength: 16 })).map(
    ([at, piece]): Mutation =>
      (bytes) => {
        const changed = Uint8Array.from(bytes);
        changed.set(
          piece.subarray(0, bytes.length),
          Math.min(Math.floor(at * bytes.length), Math.max(0, bytes.length - 16)),
        );
        return changed;
      },
  ),
  place.map(
    (at): Mutation =>
      (bytes) =>
        bytes.slice(0, Math.floor(at * bytes.length)),
  ),
  fc.tuple(place, fc.uint8Array({ maxLength: 64 })).map(
    ([at, more]): Mutation =>
      (bytes) => {
        const split = Math.floor(at * bytes.length);
        return Uint8Array.from([...bytes.subarray(0, split), ...more, ...bytes.subarray(split)]);
      },
  ),
  fc
    .tuple(
      place,
      fc.constantFrom('-1', '0', '1e309', '-0', '9007199254740993', '4294967296', 'null', '"x"', '[]', '{}', '1.5'),
    )
    .map(
      ([at, number]): Mutation =>
        (bytes) => {
          const text = Buffer.from(bytes).toString('latin1');
          const numbers = [...text.slice(0, 4_096).matchAll(/\d+/g)];
          const found = numbers[Math.floor(at * numbers.length)];
          if (found === undefined) return bytes;
          return Buffer.from(text.slice(0, found.index) + number + text.slice(found.index + found[0].length), 'latin1');
        },
    ),
);
const mutations = fc.array(mutation, { minLength: 1, maxLength: 3 });

const mutate = (bytes: Uint8Array, changes: readonly Mutation[]) =>
  changes.reduce((changed, change) => (changed.length === 0 ? changed : change(changed)), bytes);

/** Runs a parser on changed bytes; whatever is not a value must be an error of ours, after little work. */
async function fuzz(bytes: Uint8Array, parse: (bytes: Uint8Array) => unknown, numRuns = RUNS): Promise<void> {
  const outcomes = { read: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(mutations, async (changes) => {
      const changed = mutate(bytes, changes);
      const effort = await effortUntil(async () => {
        try {
          await parse(changed);
          outcomes.read += 1;
        } catch (error) {
          expect(error).toMatchObject({ name: 'TradeAiError', kind: 'model' });
          outcomes.refused += 1;
        }
      });
      expect(effort).toBeLessThan(GREATEST_EFFORT);
    }),
    { numRuns },
  );
  expect(outcomes.refused).toBeGreaterThan(0);
}

describe('changed bytes give a value or an error of the program, never anything else', () => {
  test('safetensors', () => fuzz(sound.files.get('weights.safetensors')!, decodeSafetensors));

  test('weights, all of them finite', () =>
    fuzz(sound.files.get('weights.safetensors')!, (bytes) => {
      const members = membersFromSafetensors(bytes, architectureOf(decodeModel(sound).config));
      expect(members.every((weights) => weights.every(Number.isFinite))).toBe(true);
    }));

  test('forecasts', () => fuzz(sound.files.get('forecasts.safetensors')!, decodeForecasts));

  test('a checkpoint', () => {
    const members = [startMember({ featureCount: 2, hiddenUnits: 3, layerCount: 1 }, 1)];
    return fuzz(encodeCheckpoint({ context: { note: 'x' }, ensembles: [members] }), decodeCheckpoint);
  });

  test('a manifest', () => fuzz(Buffer.from(sealJson(sound.manifest)), (bytes) => parseManifest('it', bytes)));

  test('a manifest whose seal is made to fit', () =>
    fuzz(Buffer.from(JSON.stringify(sound.manifest)), (bytes) => {
      let document: unknown;
      try {
        document = JSON.parse(Buffer.from(bytes).toString('utf8'));
      } catch {
        document = null;
      }
      const isObject = typeof document === 'object' && document !== null && !Array.isArray(document);
      const text = isObject ? sealJson(document as object) : 'null';
      return parseManifest('it', Buffer.from(text));
    }));

  test.each(['config.json', 'scaler.json', 'calibration.json', 'weights.safetensors'] as const)(
    '%s of a version whose hashes fit',
    (name) => fuzz(sound.files.get(name)!, (bytes) => decodeModel(withFiles(sound, { [name]: bytes }))),
  );

  test('an archive', async () => {
    const path = join(folder, 'fuzzed.zip');
    await fuzz(
      await encodeVersionArchive(sound),
      async (bytes) => {
        writeFileSync(path, bytes);
        const { manifest, files } = await readVersionArchive(path);
        for (const [name, content] of files) expect(sha256Of(content)).toBe(manifest.files[name]!.sha256);
      },
      FILE_RUNS,
    );
  });
});

test('entries that lie over each other are refused before they are read', async () => {
  const path = join(folder, 'overlapping.zip');
  writeFileSync(path, zipOfSharedData(['model.onnx', 'report.html', 'config.json'], Buffer.alloc(1_000_000, 7)));
  await expect(readVersionArchive(path)).rejects.toThrow(/lie over each other/);
});

test('reading an archive takes no more memory than twice its size', async () => {
  const path = join(folder, 'large.zip');
  const bytes = await encodeVersionArchive(withFiles(sound, { 'model.onnx': Buffer.alloc(20_000_000, 7) }));
  writeFileSync(path, bytes);
  const before = process.memoryUsage().arrayBuffers;
  const { files } = await readVersionArchive(path);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2.2 * bytes.length);
  expect(files.get('model.onnx')).toHaveLength(20_000_000);
});

/** A zip whose directory names one piece of data many times. https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT */
function zipOfSharedData(names: readonly string[], data: Buffer): Buffer {
  const header = (signature: number, bytes: number) => {
    const head = Buffer.alloc(bytes);
    head.writeUInt32LE(signature, 0);
    return head;
  };
  const local = header(0x04034b50, 30);
  local.writeUInt32LE(data.length, 18);
  local.writeUInt32LE(data.length, 22);
  const central = names.map((name) => {
    const head = header(0x02014b50, 46);
    head.writeUInt32LE(data.length, 20);
    head.writeUInt32LE(data.length, 24);
    head.writeUInt16LE(name.length, 28);
    return Buffer.concat([head, Buffer.from(name)]);
  });
  const directory = Buffer.concat(central);
  const end = header(0x06054b50, 22);
  end.writeUInt16LE(names.length, 8);
  end.writeUInt16LE(names.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(local.length + data.length, 16);
  return Buffer.concat([local, data, directory, end]);
}
