/** The end of a run: what its versions are worth, all of them together, and which ones take charge. */

import { TradeAiError } from '../core/errors.js';
import type { RunRecord } from '../ports/checkpoint-store.js';
import type { Ports } from '../ports/ports.js';
import type { ChampionPointer, ModelVersion } from '../ports/registry.js';
import { type CaseDecision, decide } from '../registry/decide.js';
import { decidePromotion, type PromotionDecision } from '../registry/promotion.js';
import { decodeModel } from '../versions/model-files.js';
import { decodeReport } from '../versions/report-files.js';
import type { TrainReport } from '../versions/train-report.js';
import { compareVersionWithChampion } from './champion.js';
import type { UndecidedVersion } from './publish.js';

export interface RunToDecide {
  readonly record: RunRecord;
  /** One a name, in the order of the names. */
  readonly versions: readonly UndecidedVersion[];
  readonly ports: Ports;
  /** Whether it is known already what became of a name: it counts as tested, and nothing is decided about it. */
  readonly isOver?: (name: string) => boolean;
  /** Whether a name was cancelled after its version was published: it counts as tested, and does not take charge. */
  readonly isCancelled?: (name: string) => boolean;
}

/** What became of one name of a run. */
export type RunOutcome =
  | { readonly name: string; readonly report: TrainReport }
  | { readonly name: string; readonly error: unknown };

/** Another process may promote while a version is compared with the champion; so often it is compared again. */
const MAXIMUM_COMPARISONS = 10;

/**
 * Decides on the versions of a run and promotes those that deserve it. One that fails does not stop the others.
 *
 * @returns in the order of `versions`, without those that are over
 */
export async function decideRun({ record, versions, ports, isOver, isCancelled }: RunToDecide): Promise<RunOutcome[]> {
  const outcomes: RunOutcome[] = [];
  const decisions = decide(versions.map((version) => ({ ...version, champion: version.champion?.promotionCase })));
  const names = versions.map(({ name }) => name);
  for (const [index, undecided] of versions.entries()) {
    const { name, version } = undecided;
    if (isOver?.(name)) continue;
    try {
      const book = new DecisionBook({ record, names, decision: decisions[index], undecided, ports });
      if (isCancelled?.(name)) await book.write({ isPromoted: false, reasons: ['cancelled before it was decided'] });
      else await promoteIfBetter(undecided, { decision: decisions[index], book, ports });
      outcomes.push({ name, report: await loadReport(name, version, ports) });
    } catch (error) {
      outcomes.push({ name, error });
    }
  }
  return outcomes;
}

/** A version of a run that was stopped before it was decided. */
export function describeUndecided(stored: ModelVersion): UndecidedVersion {
  const { manifest } = stored;
  const { config } = decodeModel(stored);
  if (manifest.skill === undefined) {
    throw new TradeAiError('MODEL_CORRUPT', `${manifest.name} version ${manifest.version}: its tests are not kept`);
  }
  const { againstZero, baselines } = manifest.skill;
  return {
    name: manifest.name,
    version: manifest.version,
    skill: { againstZero, baselines: new Map(Object.entries(baselines)) },
    requiresSkill: config.requireSkill,
    expiresDays: config.expires,
    champion: undefined,
    isCompared: false,
  };
}

interface DecisionTools {
  readonly decision: CaseDecision;
  readonly book: DecisionBook;
  readonly ports: Ports;
}

/**
 * Promotes a version by the rule; when the champion is another one than it was compared with, it is compared again. The
 * decision is written before the pointer is switched: whoever sees the champion sees why.
 */
async function promoteIfBetter(undecided: UndecidedVersion, { decision, book, ports }: DecisionTools): Promise<void> {
  const { name, version, requiresSkill, claim } = undecided;
  const { verdict } = decision.verdict;
  let { promotion } = decision;
  let generation = undecided.isCompared ? (undecided.champion?.generation ?? 0) : undefined;
  for (let comparisons = 0; comparisons < MAXIMUM_COMPARISONS; ) {
    const pointer = await ports.registry.champion(name);
    if (pointer?.version === version) return book.write({ isPromoted: true, reasons: pointer.reasons });
    if (generation !== (pointer?.generation ?? 0)) {
      comparisons += 1;
      const champion = await compareVersionWithChampion(undecided, ports);
      generation = champion?.generation ?? 0;
      promotion = decidePromotion({ verdict, requiresSkill, champion: champion?.promotionCase });
    }
    await book.write(promotion);
    if (!promotion.isPromoted) return;
    try {
      const { reasons } = promotion;
      await ports.registry.promote({ name, version, reasons, expectedGeneration: generation, claim });
      return;
    } catch (error) {
      if (!(await isOvertaken(error, generation, () => ports.registry.champion(name)))) throw error;
    }
  }
  const why = `the champion changed ${MAXIMUM_COMPARISONS} times while it was compared: the champion of now stays`;
  await book.write({ isPromoted: false, reasons: [why] });
}

/** Whether the champion is another one now; a claim that was overtaken is no such thing. */
async function isOvertaken(
  error: unknown,
  generation: number,
  readPointer: () => Promise<ChampionPointer | undefined>,
): Promise<boolean> {
  if (!(error instanceof TradeAiError && error.code === 'VERSION_CONFLICT')) return false;
  return ((await readPointer())?.generation ?? 0) !== generation;
}

interface DecisionBookOptions {
  readonly record: RunRecord;
  /** All that were tested together. */
  readonly names: readonly string[];
  readonly decision: CaseDecision;
  readonly undecided: UndecidedVersion;
  readonly ports: Ports;
}

/** Writes what is decided about one version, where its own report does not tell it. */
class DecisionBook {
  readonly #options: DecisionBookOptions;

  constructor(options: DecisionBookOptions) {
    this.#options = options;
  }

  async write({ isPromoted, reasons: why }: PromotionDecision): Promise<void> {
    const { record, names, decision, undecided, ports } = this.#options;
    const { name, version } = undecided;
    const { pValue, adjustedPValue, verdict } = decision;
    const reasons = [verdict.reason, ...why];
    const stored = await ports.registry.load(name, version);
    const told = decodeReport(stored);
    const isSame = told?.promoted === isPromoted && told.reasons.join('\n') === reasons.join('\n');
    if (isSame && told.verdict === verdict.verdict) return;
    await ports.registry.recordDecision(name, {
      version,
      runId: record.id,
      decidedAtMs: ports.now(),
      verdict: verdict.verdict,
      isPromoted,
      reasons,
      pValue,
      adjustedPValue,
      names: [...names],
    });
  }
}

async function loadReport(name: string, version: number, ports: Ports): Promise<TrainReport> {
  const report = decodeReport(await ports.registry.load(name, version));
  if (report !== undefined) return report;
  throw new TradeAiError('MODEL_CORRUPT', `${name} version ${version} has no report.json`, { hint: 'train it again' });
}
