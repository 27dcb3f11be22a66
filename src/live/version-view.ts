/** Versions of a model as the API tells of them. */

import { TradeAiError } from '../core/errors.js';
import type { ChampionPointer, ModelRegistry, ModelVersion } from '../ports/registry.js';
import { decodeReport, isUndecided } from '../versions/report-files.js';
import { NO_SKILL, type StoredReport, type VersionDetail, type VersionSummary } from '../wire/wire.js';

/** What does not change of a version while it lies on disk. */
type VersionFacts = Omit<VersionSummary, 'isChampion' | 'isPrevious' | 'isShadow'>;

/** Reads versions and remembers what it read: a version never changes, and checking one means reading all of it. */
export class VersionView {
  readonly #registry: ModelRegistry;
  /** By `name/version`. */
  readonly #facts = new Map<string, VersionFacts>();

  constructor(registry: ModelRegistry) {
    this.#registry = registry;
  }

  /** Every version of a name, newest first. */
  async list(
    name: string,
    champion: ChampionPointer | undefined,
    shadowVersion: number | null,
  ): Promise<VersionSummary[]> {
    const versions = await this.#registry.listVersions(name);
    for (const [key, { version }] of this.#facts) {
      if (key === `${name}/${version}` && !versions.includes(version)) this.#facts.delete(key);
    }
    const summaries: VersionSummary[] = [];
    for (const version of versions.reverse()) {
      const facts = await this.#factsOf(name, version);
      if (facts !== undefined) summaries.push(withRoles(facts, champion, shadowVersion));
    }
    return summaries;
  }

  /**
   * One version with its report.
   *
   * @throws TradeAiError `MODEL_NOT_FOUND`; `MODEL_CORRUPT` when there is no report to show
   */
  async show(
    name: string,
    version: number,
    champion: ChampionPointer | undefined,
    shadowVersion: number | null,
  ): Promise<VersionDetail> {
    const stored = await this.#registry.load(name, version);
    const report = decodeReport(stored);
    if (report === undefined) throw new TradeAiError('MODEL_CORRUPT', `${name} version ${version} has no report`);
    return {
      summary: withRoles(factsOf(stored, report), champion, shadowVersion),
      report: report as unknown as Record<string, unknown>,
    };
  }

  /** `undefined` for a version that was removed meanwhile. */
  async #factsOf(name: string, version: number): Promise<VersionFacts | undefined> {
    const key = `${name}/${version}`;
    const known = this.#facts.get(key);
    if (known !== undefined) return known;
    try {
      const stored = await this.#registry.load(name, version);
      const facts = factsOf(stored, decodeReport(stored));
      // What is still to be decided about it changes what is told.
      if (!isUndecided(stored)) this.#facts.set(key, facts);
      return facts;
    } catch (error) {
      if (!(error instanceof TradeAiError)) throw error;
      if (error.code === 'MODEL_NOT_FOUND') return undefined;
      return corruptFacts(version, error.message);
    }
  }
}

function withRoles(
  facts: VersionFacts,
  champion: ChampionPointer | undefined,
  shadowVersion: number | null,
): VersionSummary {
  const { version } = facts;
  return {
    ...facts,
    isChampion: version === champion?.version,
    isPrevious: version === champion?.previousVersion,
    isShadow: version === shadowVersion,
  };
}

function factsOf({ manifest }: ModelVersion, report: StoredReport | undefined): VersionFacts {
  const { version, createdAtMs, verdict, engine, seed, featureNames, data } = manifest;
  return {
    version,
    createdAtMs,
    verdict,
    isIntact: true,
    problem: null,
    engine,
    seed,
    featureNames,
    data,
    test: report === undefined ? null : testFigures(report),
  };
}

function testFigures({ test, backtest }: StoredReport): NonNullable<VersionFacts['test']> {
  return {
    rows: test.rows,
    r2: test.r2,
    ic: test.ic,
    directionalAccuracy: test.directionalAccuracy,
    pValue: test.dieboldMariano?.pValue ?? null,
    brier: test.calibration.brier,
    ece: test.calibration.ece,
    intervalCoverage: test.calibration.intervalCoverage,
    netReturn: backtest.netReturn,
    sharpe: backtest.sharpe,
  };
}

/** A damaged version is listed, so that people see it; nothing of it is believed. */
function corruptFacts(version: number, problem: string): VersionFacts {
  return {
    version,
    createdAtMs: 0,
    verdict: NO_SKILL,
    isIntact: false,
    problem,
    engine: '',
    seed: 0,
    featureNames: [],
    data: { source: '', rows: 0, firstOpenTimeMs: 0, lastOpenTimeMs: 0, sha256: '' },
    test: null,
  };
}
