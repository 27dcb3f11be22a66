import { describe, expect, test } from 'vitest';
import { makeDraft } from '../../test/support/version-draft.js';
import type { ModelRegistry, PromotionRequest, VersionDecision } from './registry.js';

const NOW_MS = 1_700_000_000_123;
const NAME = 'BTCUSDT';

/**
 * What every registry must do: keep versions as they were published, switch one pointer a name by compare-and-swap, and
 * refuse claims that have been overtaken.
 *
 * @param open an empty registry whose clock stands at `nowMs`
 */
export function testRegistryContract(what: string, open: (nowMs: () => number) => Promise<ModelRegistry>): void {
  const openEmpty = () => open(() => NOW_MS);
  const promote = (registry: ModelRegistry, version: number, more: Partial<PromotionRequest> = {}) =>
    registry.promote({ name: NAME, version, reasons: [`reason ${version}`], expectedGeneration: version - 1, ...more });
  /** A registry with versions 1 to `count`, each promoted in turn. */
  const openPromoted = async (count: number) => {
    const registry = await openEmpty();
    for (let version = 1; version <= count; version++) {
      await registry.publish(makeDraft(NAME, `v${version}`));
      await promote(registry, version);
    }
    return registry;
  };
  const decisionOn = (version: number, runId: string): VersionDecision => ({
    version,
    runId,
    decidedAtMs: NOW_MS,
    verdict: 'skill',
    isPromoted: false,
    reasons: ['skill', 'the champion stays'],
    pValue: 0.01,
    adjustedPValue: 0.03,
    names: [NAME, 'ETHUSDT'],
  });

  describe(`registry ${what}`, () => {
    test('that is new has no names, no versions and no champion', async () => {
      const registry = await openEmpty();
      expect(await registry.listNames()).toEqual([]);
      expect(await registry.listVersions(NAME)).toEqual([]);
      expect(await registry.champion(NAME)).toBeUndefined();
      await expect(registry.load(NAME)).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
      await expect(registry.readManifest(NAME, 1)).rejects.toMatchObject({
        kind: expect.stringMatching(/not-found|model/),
      });
    });

    test('gives back what was published, byte for byte, under ascending numbers', async () => {
      const registry = await openEmpty();
      const draft = makeDraft(NAME, 'first');
      const manifest = await registry.publish(draft);
      expect(manifest).toMatchObject({ ...draft.manifest, version: 1 });
      // printf 'BTCUSDT scaler.json first\n' | sha256sum
      expect(manifest.files['scaler.json']).toEqual({
        sha256: '36178372d2accea91eb7ca4b4bdde7f7aa56ef96b06e0af6eedf64e7ad327694',
        sizeBytes: 26,
      });
      expect((await registry.publish(makeDraft(NAME, 'second'))).version).toBe(2);
      const loaded = await registry.load(NAME, 1);
      expect(loaded).toMatchObject({ manifest });
      expect(loaded.decision).toBeUndefined();
      const texts = (files: ReadonlyMap<string, Uint8Array>) =>
        [...files].map(([name, bytes]) => [name, Buffer.from(bytes).toString()]);
      expect(texts(loaded.files)).toEqual(texts(draft.files));
      expect(await registry.listVersions(NAME)).toEqual([1, 2]);
      expect(await registry.readManifest(NAME, 1)).toEqual(manifest);
    });

    test('lets files name their own version', async () => {
      const registry = await openEmpty();
      await registry.publish(makeDraft(NAME, 'first'));
      const numberedFiles = (version: number) => new Map([['report.html' as const, Buffer.from(`page ${version}`)]]);
      await registry.publish({ ...makeDraft(NAME, 'second'), numberedFiles });
      const { files } = await registry.load(NAME, 2);
      expect(Buffer.from(files.get('report.html')!).toString()).toBe('page 2');
    });

    test('lists names with a version, sorted; a claim alone is none', async () => {
      const registry = await openEmpty();
      for (const name of ['ETHUSDT', 'BTCUSDT_4h', NAME]) await registry.publish(makeDraft(name, 'x'));
      await registry.claim('XRPUSDT');
      expect(await registry.listNames()).toEqual([NAME, 'BTCUSDT_4h', 'ETHUSDT']);
    });

    test('switches the champion, remembers the one before, and goes back', async () => {
      const registry = await openPromoted(2);
      expect(await registry.champion(NAME)).toEqual({
        version: 2,
        generation: 2,
        previousVersion: 1,
        promotedAtMs: NOW_MS,
        reasons: ['reason 2'],
      });
      expect((await registry.load(NAME)).manifest.version).toBe(2);
      await promote(registry, 1, { expectedGeneration: 2 });
      expect((await registry.load(NAME)).manifest.version).toBe(1);
    });

    test('refuses a promotion that expects another generation, or of a version there is none of', async () => {
      const registry = await openPromoted(2);
      await expect(promote(registry, 1, { expectedGeneration: 1 })).rejects.toMatchObject({
        code: 'VERSION_CONFLICT',
        message: expect.stringContaining("expected the champion's generation 1, was 2"),
      });
      await expect(promote(registry, 9)).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
      expect(await registry.champion(NAME)).toMatchObject({ version: 2, generation: 2 });
    });

    test('gives each of many publishers its number, and lets one promoter win', async () => {
      const registry = await openEmpty();
      const texts = Array.from({ length: 6 }, (_, i) => `w${i}`);
      const manifests = await Promise.all(texts.map((text) => registry.publish(makeDraft(NAME, text))));
      expect(manifests.map(({ version }) => version).sort()).toEqual([1, 2, 3, 4, 5, 6]);
      for (const [i, { version }] of manifests.entries()) {
        const { files } = await registry.load(NAME, version);
        expect(Buffer.from(files.get('model.onnx')!).toString()).toBe(`BTCUSDT model.onnx w${i}\n`);
      }
      const outcomes = await Promise.allSettled(
        manifests.map(({ version }) => promote(registry, version, { expectedGeneration: 0 })),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'VERSION_CONFLICT' });
      }
    });

    test('counts claims upwards, a name for itself, also those made at once', async () => {
      const registry = await openEmpty();
      const claims = await Promise.all(Array.from({ length: 5 }, () => registry.claim(NAME)));
      expect(claims.sort()).toEqual([1, 2, 3, 4, 5]);
      expect(await registry.claim('ETHUSDT')).toBe(1);
      expect(await registry.claim(NAME)).toBe(6);
    });

    test('refuses to publish or promote with a claim that was overtaken, and changes nothing', async () => {
      const registry = await openEmpty();
      const overtaken = await registry.claim(NAME);
      const newest = await registry.claim(NAME);
      const refusal = { code: 'VERSION_CONFLICT', message: expect.stringContaining('was claim 1') };
      await expect(registry.publish({ ...makeDraft(NAME, 'late'), claim: overtaken })).rejects.toMatchObject(refusal);
      expect(await registry.listVersions(NAME)).toEqual([]);
      const { version } = await registry.publish({ ...makeDraft(NAME, 'x'), claim: newest });
      await expect(promote(registry, version, { claim: overtaken })).rejects.toMatchObject(refusal);
      expect(await registry.champion(NAME)).toBeUndefined();
      expect(await promote(registry, version, { claim: newest })).toMatchObject({ version: 1, generation: 1 });
    });

    test('never gave a claim that nobody took', async () => {
      const registry = await openEmpty();
      await registry.claim(NAME);
      await expect(registry.publish({ ...makeDraft(NAME, 'x'), claim: 2 })).rejects.toMatchObject({
        code: 'VERSION_CONFLICT',
      });
    });

    test('tells the verdict that was decided last, and leaves the files as they were published', async () => {
      const registry = await openPromoted(2);
      const published = await registry.load(NAME, 1);
      await registry.recordDecision(NAME, decisionOn(1, 'an older run'));
      await registry.recordDecision(NAME, decisionOn(1, 'this run'));
      const { manifest, files, decision } = await registry.load(NAME, 1);
      expect(decision).toEqual(decisionOn(1, 'this run'));
      expect(manifest).toEqual({ ...published.manifest, verdict: 'skill' });
      expect([...files]).toEqual([...published.files]);
      expect((await registry.readManifest(NAME, 1)).verdict).toBe('skill');
      expect((await registry.readManifest(NAME, 2)).verdict).toBe('no-demonstrated-skill');
      await expect(registry.recordDecision(NAME, decisionOn(9, 'x'))).rejects.toMatchObject({
        code: 'MODEL_NOT_FOUND',
      });
    });

    test('removes a version for good; never the champion nor the one before it', async () => {
      const registry = await openPromoted(3);
      await registry.recordDecision(NAME, decisionOn(1, 'a run'));
      await registry.remove(NAME, 1);
      expect(await registry.listVersions(NAME)).toEqual([2, 3]);
      for (const version of [2, 3]) {
        await expect(registry.remove(NAME, version)).rejects.toMatchObject({ code: 'VERSION_IN_USE' });
      }
      await expect(registry.remove(NAME, 1)).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
      expect((await registry.publish(makeDraft(NAME, 'next'))).version).toBe(4);
    });

    test('refuses a name that differs from another by capitals only, and one that is no name', async () => {
      const registry = await openEmpty();
      await registry.publish(makeDraft(NAME, 'x'));
      await expect(registry.publish(makeDraft('btcusdt', 'x'))).rejects.toMatchObject({ code: 'NAME_INVALID' });
      for (const call of [registry.load, registry.champion, registry.claim, registry.healCopies]) {
        await expect(call('../escape')).rejects.toMatchObject({ code: 'NAME_INVALID' });
      }
    });

    test('stamps the names of the list anew with every publication, promotion, decision and removal', async () => {
      const registry = await openPromoted(3);
      const changes = [
        () => registry.publish(makeDraft(NAME, 'next')),
        () => promote(registry, 2, { expectedGeneration: 3 }),
        () => registry.recordDecision(NAME, decisionOn(4, 'a run')),
        () => registry.remove(NAME, 1),
      ];
      const stamps = new Set<string | undefined>([(await registry.stamps()).get(NAME)]);
      for (const change of changes) {
        await change();
        const found = await registry.stamps();
        expect([...found.keys()]).toEqual(await registry.listNames());
        stamps.add(found.get(NAME));
      }
      expect(stamps.size).toBe(1 + changes.length);
    });

    test('has nothing to heal right after a promotion, nor where nothing is promoted', async () => {
      const registry = await openPromoted(1);
      expect(await registry.healCopies(NAME)).toEqual([]);
      expect(await registry.healCopies('ETHUSDT')).toEqual([]);
    });
  });
}
