/** MetaTrader's files, whose volume is a count of price changes where the broker tells no other. Pure. */

import type { ColumnPlan, SourceColumn } from './columns.js';
import type { RawCandles } from './source-table.js';

/** The rows with a volume: where all of it is zero and ticks were counted, the ticks; and what is to be said of it. */
export function withTickVolume(
  raw: RawCandles,
  { tickVolumeIndex, valueIndexes }: ColumnPlan,
  columns: readonly SourceColumn[],
): { raw: RawCandles; notices: string[] } {
  if (tickVolumeIndex === undefined) return { raw, notices: [] };
  const { name } = columns[tickVolumeIndex];
  const notices = [`the volume is ${name}, MetaTrader's count of price changes, which is no amount of coins`];
  if (tickVolumeIndex === valueIndexes.volume) return { raw, notices };
  const ticks = raw.extras[name];
  const isUnused = ticks === undefined || raw.values.volume.some((volume) => volume !== 0);
  if (isUnused) return { raw, notices: [] };
  return { raw: { ...raw, values: { ...raw.values, volume: ticks } }, notices };
}
