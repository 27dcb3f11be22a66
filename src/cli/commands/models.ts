import { TradeAiError } from '../../core/errors.js';
import { formatBytes } from '../../text/numbers.js';
import { formatStamp } from '../../text/times.js';
import { type FlagValues, readText, readWholeNumber } from '../flag-values.js';
import { formatTable } from '../format.js';
import { printResult, type Shell } from '../shell.js';
import { formatTrainReport } from '../train-summary.js';

/** `tradeai models list` */
export async function listModels(shell: Shell): Promise<void> {
  const { workspace } = shell;
  const models = (await workspace.models()).map(({ name, champion, versions, problem }) => ({
    name,
    champion: champion?.version ?? null,
    promotedAtMs: champion?.promotedAtMs ?? null,
    versions,
    problem,
  }));
  printResult(shell, models, () => {
    if (models.length === 0)
      return `no model is trained in ${workspace.home}; train one with \`tradeai train --symbol BTCUSDT\``;
    const table = formatTable(
      ['model', 'champion', 'promoted (UTC)', 'versions'],
      models.map(({ name, champion, promotedAtMs, versions, problem }) => [
        name,
        problem === null ? (champion === null ? '–' : String(champion)) : 'damaged',
        promotedAtMs === null ? '–' : formatStamp(promotedAtMs),
        String(versions.length),
      ]),
      shell.console.colors,
    );
    const problems = models.flatMap(({ name, problem }) => (problem === null ? [] : [`${name}: ${problem}`]));
    return [table, ...problems].join('\n');
  });
}

/** `tradeai models show NAME [VERSION]` */
export async function showModel(shell: Shell, name: string, versionText: string | undefined): Promise<void> {
  const { manifest, report } = await shell.workspace.model(
    await shell.workspace.findModel(name),
    readWholeNumber(versionText, 'version'),
  );
  printResult(shell, { manifest, report }, () => {
    const files = Object.entries(manifest.files).map(([file, { sha256, sizeBytes }]) => [
      file,
      formatBytes(sizeBytes),
      sha256.slice(0, 16),
    ]);
    const described = report ? formatTrainReport({ ...report, version: manifest.version }, shell.console.colors) : '';
    return [described, '', formatTable(['file', 'size', 'SHA-256'], files, shell.console.colors)].join('\n');
  });
}

/** `tradeai models promote NAME VERSION` */
export async function promoteModel(shell: Shell, given: string, versionText: string): Promise<void> {
  const name = await shell.workspace.findModel(given);
  const version = readWholeNumber(versionText, 'version');
  const pointer = await shell.workspace.promote(name, version);
  printResult(shell, { name, ...pointer }, () => `${name}: version ${version} is the champion now`);
}

/** `tradeai models rollback NAME` */
export async function rollBackModel(shell: Shell, given: string): Promise<void> {
  const name = await shell.workspace.findModel(given);
  const pointer = await shell.workspace.rollback(name);
  printResult(
    shell,
    { name, ...pointer },
    () => `${name}: version ${pointer.version} is the champion again, in place of ${pointer.previousVersion}`,
  );
}

/** `tradeai models prune [NAME] [--all]` */
export async function pruneModels(shell: Shell, flags: FlagValues, name: string | undefined): Promise<void> {
  if ((name === undefined) === (flags.all !== true)) {
    throw new TradeAiError('USAGE', 'prune needs the name of a model, or --all');
  }
  const keep = readWholeNumber(readText(flags.keep), '--keep');
  const { workspace } = shell;
  const results =
    name === undefined
      ? await workspace.pruneAll(keep)
      : [{ ...(await workspace.prune(await workspace.findModel(name), keep)), problem: null }];
  printResult(shell, results, () =>
    results
      .map(({ name, removed, kept, problem }) =>
        problem === null
          ? `${name}: ${removed.length} versions removed, kept ${kept.join(', ')}`
          : `${name}: nothing removed: ${problem}`,
      )
      .join('\n'),
  );
}
