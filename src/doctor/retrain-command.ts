import type { ExaminedData } from './examined-data.js';
import type { ExaminedModel } from './examined-model.js';
import { plainCommand, trainCommand } from './fix-command.js';

/** The same options on the newest candles. */
export function retrainCommand({ config, isChampion, place }: ExaminedModel, { file }: ExaminedData): string {
  // `retrain` keeps the options of the champion, among them the end of its candles and a warm start from its weights
  if (!isChampion || config.to !== undefined || config.warmStart) {
    return trainCommand(config, { to: undefined, ...(file === undefined ? {} : { data: file }) }, place);
  }
  const isOtherFile = file !== undefined && file !== config.data;
  return plainCommand(['retrain', config.name, ...(isOtherFile ? ['--data', file] : [])], place);
}
