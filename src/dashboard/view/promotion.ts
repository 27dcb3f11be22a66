/** What a promotion or a rollback will do, said before it is done. */

import type { ModelDetail, VersionSummary } from '../../wire/wire.js';

export interface Plan {
  readonly title: string;
  readonly verb: string;
  readonly version: number;
  /** What the server compares with, so that two readers do not undo each other's work. */
  readonly expectedGeneration: number | undefined;
  readonly effects: readonly string[];
  readonly cautions: readonly string[];
}

export function planPromotion(detail: ModelDetail, version: VersionSummary): Plan {
  const { name, champion } = detail.summary;
  return {
    title: `Promote version ${version.version} of ${name}?`,
    verb: `Promote version ${version.version}`,
    version: version.version,
    expectedGeneration: champion?.generation,
    effects: [
      champion === null
        ? `Version ${version.version} becomes the champion. From now on it makes the forecasts of ${name}.`
        : `Version ${version.version} takes over from version ${champion.version}. From now on it makes the forecasts of ${name}.`,
      ...(champion === null ? [] : [`Version ${champion.version} is kept. A rollback puts it in charge again.`]),
      'Forecasts that were served stay in the ledger as they are.',
    ],
    cautions: cautionsOf(version, champion?.verdict),
  };
}

/** @returns `undefined` where there is no champion before this one */
export function planRollback(detail: ModelDetail): Plan | undefined {
  const { name, champion } = detail.summary;
  const previous = detail.versions.find(({ isPrevious }) => isPrevious);
  if (champion === null || previous === undefined) return undefined;
  return {
    title: `Roll ${name} back to version ${previous.version}?`,
    verb: `Roll back to version ${previous.version}`,
    version: previous.version,
    expectedGeneration: champion.generation,
    effects: [
      `Version ${previous.version}, the champion before this one, takes over from version ${champion.version}.`,
      `Version ${champion.version} is kept and can be promoted again.`,
      'Forecasts that were served stay in the ledger as they are.',
    ],
    cautions: cautionsOf(previous, champion.verdict),
  };
}

function cautionsOf(version: VersionSummary, replaced: VersionSummary['verdict'] | undefined): string[] {
  if (version.verdict === 'skill') return [];
  return [
    replaced === 'skill'
      ? `Version ${version.version} has no demonstrated skill, and the version it replaces has.`
      : `Version ${version.version} has no demonstrated skill: its forecasts may be no better than “no change”.`,
  ];
}
