import { VERSION_FILE_NAMES, type VersionDraft } from '../../src/ports/registry.js';

/** A publishable version whose files differ by `text` and the folder's name. */
export function makeDraft(name: string, text: string): VersionDraft {
  const bytes = (fileName: string) => Buffer.from(`${name} ${fileName} ${text}\n`);
  const fileNames = VERSION_FILE_NAMES.filter((fileName) => fileName !== 'report.html');
  return {
    manifest: {
      formatVersion: 1,
      name,
      symbol: name,
      interval: '1h',
      createdAtMs: 1_700_000_000_000,
      codeVersion: '0.0.0',
      engine: 'reference',
      seed: 1,
      featureNames: ['return_1', `feature_${text.replaceAll(/\W/g, '_')}`],
      data: { source: 'demo', rows: 10, firstOpenTimeMs: 0, lastOpenTimeMs: 9 * 3_600_000, sha256: '0'.repeat(64) },
      test: { fromMs: 0, toMs: 1, trials: 1 },
      weightsSha256: '1'.repeat(64),
      verdict: 'no-demonstrated-skill',
    },
    files: new Map(fileNames.map((fileName) => [fileName, bytes(fileName)])),
  };
}
