/** Features of columns that were joined to the candles: `column_funding_rate` is the column `funding_rate`. */

import type { Feature } from './feature.js';

const PREFIX = 'column_';

/** Where the values of a joined column stand in `CandleSeries.extras`; also the name of the raw feature. */
export function columnKey(column: string): string {
  return `${PREFIX}${column}`;
}

/** The column a feature name speaks of; `undefined` for every other name. */
export function columnOfName(name: string): string | undefined {
  return name.startsWith(PREFIX) && name.length > PREFIX.length ? name.slice(PREFIX.length) : undefined;
}

/** The value of a joined column as it is. */
export function columnFeature(column: string): Feature {
  const key = columnKey(column);
  return {
    name: key,
    description: `the column ${column}, as it was known at the close`,
    warmUpRows: 1,
    extraNames: [key],
    createStream: () => (candle) => candle.extras?.[key] ?? Number.NaN,
  };
}
