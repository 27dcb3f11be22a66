/**
 * Which column is the volume of the base asset, where a file has several and their names do not tell: quote volume over base
 * volume is a price of the candle, and nothing else is. Pure.
 */

import { TradeAiError } from '../../core/errors.js';
import { compareVolumes } from '../../market/quality/volume-units.js';
import { averagePrices, countAveragePrices } from './average-price.js';
import { plainName, type SourceColumn } from './columns.js';
import type { RawCandles } from './source-table.js';

/** Names of amounts traded, in whatever unit, but not of a side or a part of the trades. */
const AMOUNT_NAME = /vol|turnover|notional|amount|value|currency|sum/i;
const PART_NAME = /buy|sell|taker|maker|bid|ask|tick|mean|average|avg|sma|ema/i;
/** Fewer rows may be in the range of their prices by chance. */
const TELLING_ROWS = 20;
/** In so many of them quote volume over volume is no price, either way round, where the volume is none. */
const CONTRADICTED_SHARE = 0.5;
/** In so many of the rows the average price lies within low to high. */
const PRICE_SHARE = 0.99;

interface Names {
  /** The column that was taken for the volume. */
  readonly volumeName: string;
  /** The column that was taken for the quote volume, if there is one. */
  readonly quoteName: string | undefined;
  readonly fileName: string;
}

/**
 * Takes the volume of the base asset from another column where the one of that name holds contracts or the quote volume and
 * the values tell which column is the right one; says so.
 *
 * @throws TradeAiError `CANDLE_COLUMNS_MISSING` when the volume contradicts the quote volume and no column fits, or several
 */
export function withBaseVolume(raw: RawCandles, names: Names): { raw: RawCandles; notices: string[] } {
  const { volumeName, quoteName } = names;
  const isContradicted = quoteName !== undefined && contradictsQuotes(raw);
  const asItIs = { raw, notices: [] };
  if (quoteName !== undefined && !isContradicted) return asItIs;
  const isAmount = (name: string) => name === quoteName || (AMOUNT_NAME.test(name) && !PART_NAME.test(name));
  const amounts = { ...raw.extras, [volumeName]: raw.values.volume };
  const amountNames = [volumeName, ...Object.keys(raw.extras).filter(isAmount)];
  const pairs = amountNames.flatMap((base) =>
    amountNames.filter((quote) => isPrice(raw, amounts[quote], amounts[base])).map((quote) => ({ base, quote })),
  );
  const baseNames = [...new Set(pairs.map(({ base }) => base))];
  if (baseNames.includes(volumeName) || (baseNames.length === 0 && !isContradicted)) return asItIs;
  if (baseNames.length !== 1) throw noBaseVolume(names, baseNames);
  const [{ base, quote }] = pairs;
  const { [base]: volume, ...extras } = raw.extras;
  const quoteVolume = amounts[quote];
  return {
    raw: {
      ...raw,
      values: { ...raw.values, volume },
      quoteVolume,
      extras: quote === volumeName ? { ...extras, quote_volume: quoteVolume } : extras,
    },
    notices: [`the volume was taken from ${base}, not from ${volumeName}: ${quote} over ${base} is the average price`],
  };
}

/** What is to be said of Yahoo's files, known by their adjusted closes: the volume of a crypto pair is an amount of dollars. */
export function describeYahooVolume(columns: readonly SourceColumn[]): string[] {
  const adjusted = columns.find(({ name }) => plainName(name) === 'adjclose');
  if (adjusted === undefined) return [];
  return [`the file has ${adjusted.name}, as Yahoo writes it, whose volume of a crypto pair is in the quote currency`];
}

/** Whether the quote volume over the volume is no price in most rows, even when the two change places. */
function contradictsQuotes({ values, quoteVolume }: RawCandles): boolean {
  if (quoteVolume === undefined) return false;
  const { mixed, comparedRows } = compareVolumes({ ...values, quoteVolume });
  return comparedRows >= TELLING_ROWS && mixed.length > CONTRADICTED_SHARE * comparedRows;
}

/** Whether one amount over the other lies within low to high in nearly every row. */
function isPrice({ values: { low, high } }: RawCandles, quote: Float64Array, base: Float64Array): boolean {
  const { comparedRows, insideRows } = countAveragePrices(averagePrices(quote, base), { low, high, volume: base });
  return comparedRows >= TELLING_ROWS && insideRows >= PRICE_SHARE * comparedRows;
}

function noBaseVolume({ fileName, volumeName, quoteName }: Names, baseNames: readonly string[]): TradeAiError {
  const state =
    baseNames.length > 1
      ? `${baseNames.join(' and ')} both fit its prices as the volume of the base asset, ${volumeName} does not`
      : `${quoteName} over ${volumeName} is no price, so ${volumeName} is no volume of the base asset but, perhaps, of contracts`;
  return new TradeAiError('CANDLE_COLUMNS_MISSING', `${fileName}: ${state}`, {
    hint: 'put the volume of the base asset (BTC of BTCUSDT) into a column called volume, and take the other amounts out',
  });
}
