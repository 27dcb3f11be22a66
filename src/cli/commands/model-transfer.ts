import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { TradeAiError } from '../../core/errors.js';
import { importVersion } from '../../versions/transfer.js';
import { type FlagValues, readText, readWholeNumber } from '../flag-values.js';
import { printResult, type Shell } from '../shell.js';

/** `tradeai models export NAME [VERSION]` */
export async function exportModel(
  shell: Shell,
  flags: FlagValues,
  name: string,
  versionText: string | undefined,
): Promise<void> {
  const stored = await shell.ports.registry.load(name, readWholeNumber(versionText, 'version'));
  const { version } = stored.manifest;
  const path = resolve(readText(flags.output) ?? `${name}-${version}.zip`);
  if (existsSync(path) && flags.force !== true) {
    throw new TradeAiError('USAGE', `${path} exists already`, {
      hint: 'write over it with --force, or name another file with --output',
    });
  }
  await shell.ports.writeVersionArchive(path, stored);
  printResult(shell, { name, version, path }, () => `${name} version ${version} is in ${path}`);
}

/** `tradeai models import FILE` */
export async function importModel(shell: Shell, file: string): Promise<void> {
  const { manifest, isChampion } = await importVersion(
    await shell.ports.readVersionArchive(file),
    shell.ports.registry,
  );
  const { name, version } = manifest;
  printResult(shell, { name, version, isChampion }, () =>
    isChampion
      ? `${name} version ${version} is imported, and the champion: the first of its name here`
      : `${name} version ${version} is imported; put it in charge with \`tradeai models promote ${name} ${version}\``,
  );
}
