import { type FlagValues, readText, readWholeNumber } from '../flag-values.js';
import { printResult, type Shell } from '../shell.js';

/** `tradeai models export NAME [VERSION]` */
export async function exportModel(
  shell: Shell,
  flags: FlagValues,
  given: string,
  versionText: string | undefined,
): Promise<void> {
  const name = await shell.workspace.findModel(given);
  const exported = await shell.workspace.exportModel(
    name,
    readText(flags.output),
    readWholeNumber(versionText, 'version'),
    { overwrite: flags.force === true },
  );
  printResult(shell, exported, () => `${name} version ${exported.version} is in ${exported.path}`);
}

/** `tradeai models import FILE` */
export async function importModel(shell: Shell, file: string): Promise<void> {
  const { manifest, isChampion } = await shell.workspace.importModel(file);
  const { name, version } = manifest;
  printResult(shell, { name, version, isChampion }, () =>
    isChampion
      ? `${name} version ${version} is imported, and the champion: the first of its name here`
      : `${name} version ${version} is imported; put it in charge with \`tradeai models promote ${name} ${version}\``,
  );
}
