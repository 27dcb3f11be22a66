import { TradeAiError } from '../../core/errors.js';
import { type PruneResult, pruneVersions, rollBack } from '../../versions/lifecycle.js';
import { decodeModel } from '../../versions/model-files.js';
import type { TrainReport } from '../../versions/train-report.js';
import { type FlagValues, readText, readWholeNumber } from '../flag-values.js';
import { formatTable, formatTime } from '../format.js';
import { printResult, type Shell } from '../shell.js';
import { formatTrainReport } from '../train-summary.js';

/** `tradeai models list` */
export async function listModels(shell: Shell): Promise<void> {
  const { registry } = shell.ports;
  const models: { name: string; champion: number | null; promotedAtMs: number | null; versions: number[] }[] = [];
  for (const name of await registry.listNames()) {
    const versions = await registry.listVersions(name);
    const champion = await registry.champion(name);
    models.push({ name, champion: champion?.version ?? null, promotedAtMs: champion?.promotedAtMs ?? null, versions });
  }
  printResult(shell, models, () => {
    if (models.length === 0)
      return `no model is trained in ${shell.home}; train one with \`tradeai train --symbol BTCUSDT\``;
    return formatTable(
      ['model', 'champion', 'promoted (UTC)', 'versions'],
      models.map(({ name, champion, promotedAtMs, versions }) => [
        name,
        champion === null ? '–' : String(champion),
        promotedAtMs === null ? '–' : formatTime(promotedAtMs),
        String(versions.length),
      ]),
      shell.console.colors,
    );
  });
}

/** `tradeai models show NAME [VERSION]` */
export async function showModel(shell: Shell, name: string, versionText: string | undefined): Promise<void> {
  const version = readWholeNumber(versionText, 'version');
  const stored = await shell.ports.registry.load(name, version);
  const { manifest } = decodeModel(stored);
  const reportBytes = stored.files.get('report.json');
  const report: TrainReport | null = reportBytes ? JSON.parse(new TextDecoder().decode(reportBytes)) : null;
  printResult(shell, { manifest, report }, () => {
    const files = Object.entries(manifest.files).map(([file, { sha256, sizeBytes }]) => [
      file,
      String(sizeBytes),
      sha256.slice(0, 16),
    ]);
    const described = report ? formatTrainReport({ ...report, version: manifest.version }, shell.console.colors) : '';
    return [described, '', formatTable(['file', 'bytes', 'SHA-256'], files, shell.console.colors)].join('\n');
  });
}

/** `tradeai models promote NAME VERSION` */
export async function promoteModel(shell: Shell, name: string, versionText: string): Promise<void> {
  const { registry } = shell.ports;
  const version = readWholeNumber(versionText, 'version');
  await registry.load(name, version);
  const champion = await registry.champion(name);
  const pointer = await registry.promote({
    name,
    version,
    reasons: ['promoted by hand'],
    expectedGeneration: champion?.generation ?? 0,
  });
  printResult(shell, { name, ...pointer }, () => `${name}: version ${version} is the champion now`);
}

/** `tradeai models rollback NAME` */
export async function rollBackModel(shell: Shell, name: string): Promise<void> {
  const pointer = await rollBack(name, shell.ports.registry);
  printResult(
    shell,
    { name, ...pointer },
    () => `${name}: version ${pointer.version} is the champion again, in place of ${pointer.previousVersion}`,
  );
}

const DEFAULT_KEPT_VERSIONS = 5;

/** `tradeai models prune [NAME] [--all]` */
export async function pruneModels(shell: Shell, flags: FlagValues, name: string | undefined): Promise<void> {
  if ((name === undefined) === (flags.all !== true)) {
    throw new TradeAiError('USAGE', 'prune needs the name of a model, or --all');
  }
  const keep = readWholeNumber(readText(flags.keep), '--keep') ?? DEFAULT_KEPT_VERSIONS;
  if (keep < 1) throw new TradeAiError('USAGE', `--keep: expected a whole number from 1, was ${keep}`);
  const { registry } = shell.ports;
  const results: PruneResult[] = [];
  for (const each of name === undefined ? await registry.listNames() : [name]) {
    results.push(await pruneVersions(each, keep, registry));
  }
  printResult(shell, results, () =>
    results
      .map((result) => `${result.name}: ${result.removed.length} versions removed, kept ${result.kept.join(', ')}`)
      .join('\n'),
  );
}
