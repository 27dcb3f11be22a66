/** Which models the overview shows, in which order, and what it says about all of them. */

import { type ModelHealth, SIGNALS, type Signal, type Verdict } from '../../wire/vocabulary.js';
import type { ModelSummary } from '../../wire/wire.js';

export const COLUMNS = [
  'name',
  'price',
  'forecast',
  'signal',
  'confidence',
  'verdict',
  'record',
  'age',
  'health',
] as const;
export type Column = (typeof COLUMNS)[number];

export interface Sort {
  readonly column: Column;
  readonly isDescending: boolean;
}

export interface Filter {
  /** Part of the name or symbol, in any case. */
  readonly text: string;
  readonly signal: 'any' | Signal;
  readonly state: 'any' | 'attention' | Verdict;
}

export const NO_FILTER: Filter = { text: '', signal: 'any', state: 'any' };
/** Columns in which the large comes first at the first click. */
const LARGE_FIRST: readonly Column[] = ['forecast', 'confidence', 'record', 'age', 'health', 'price'];
/** The worse the later. */
const HEALTHS: readonly ModelHealth[] = ['ok', 'no-champion', 'stale-model', 'stale-data', 'drifting', 'held', 'error'];
/** Intervals beyond this share of all do not stretch the scale of the others. */
const SCALE_QUANTILE = 0.9;

export function filterModels(models: readonly ModelSummary[], { text, signal, state }: Filter): ModelSummary[] {
  const wanted = text.trim().toLowerCase();
  return models.filter(
    (model) =>
      (wanted === '' || model.name.toLowerCase().includes(wanted) || model.symbol.toLowerCase().includes(wanted)) &&
      (signal === 'any' || model.prediction?.signal === signal) &&
      (state === 'any' || (state === 'attention' ? model.health !== 'ok' : model.champion?.verdict === state)),
  );
}

/** Sorted rows; equal ones by name, and those without the figure last in either direction. */
export function sortModels(models: readonly ModelSummary[], { column, isDescending }: Sort): ModelSummary[] {
  const sign = isDescending ? -1 : 1;
  return [...models].sort((a, b) => {
    const [x, y] = [sortValue(a, column), sortValue(b, column)];
    const byName = a.name.localeCompare(b.name, 'en', { numeric: true });
    if (x === null || y === null) return x === y ? byName : x === null ? 1 : -1;
    const order = typeof x === 'string' ? x.localeCompare(`${y}`, 'en', { numeric: true }) : x - Number(y);
    return order === 0 ? byName : sign * order;
  });
}

/**
 * The rows as they stand, with their newest figures: what moves away under the pointer cannot be clicked.
 *
 * @param names of the rows that are shown, in their order; new ones come behind them
 */
export function keepRows(names: readonly string[], all: readonly ModelSummary[], sorted: readonly ModelSummary[]) {
  const byName = new Map(all.map((model) => [model.name, model]));
  const kept = names.flatMap((name) => byName.get(name) ?? []);
  return [...kept, ...sorted.filter(({ name }) => !names.includes(name))];
}

/** The other direction for the same column, its natural one for another. */
export function nextSort(sort: Sort, column: Column): Sort {
  return sort.column === column
    ? { column, isDescending: !sort.isDescending }
    : { column, isDescending: LARGE_FIRST.includes(column) };
}

export interface Totals {
  readonly models: number;
  readonly buys: number;
  readonly sells: number;
  readonly skilled: number;
  readonly champions: number;
  readonly attention: number;
  readonly nextRetrainMs: number | null;
}

export function countTotals(models: readonly ModelSummary[]): Totals {
  const count = (isMeant: (model: ModelSummary) => boolean) => models.filter(isMeant).length;
  const retrains = models.flatMap(({ nextRetrainMs }) => (nextRetrainMs === null ? [] : [nextRetrainMs]));
  return {
    models: models.length,
    buys: count(({ prediction }) => prediction?.signal === 'BUY'),
    sells: count(({ prediction }) => prediction?.signal === 'SELL'),
    skilled: count(({ champion }) => champion?.verdict === 'skill'),
    champions: count(({ champion }) => champion !== null),
    attention: count(({ health }) => health !== 'ok'),
    nextRetrainMs: retrains.length === 0 ? null : Math.min(...retrains),
  };
}

/** The change at the ends of the scale that all range bars share. */
export function scaleLimit(models: readonly ModelSummary[]): number {
  const ends = models
    .flatMap(({ prediction }) => (prediction === null ? [] : [Math.max(...prediction.interval80.map(Math.abs))]))
    .sort((a, b) => a - b);
  return ends.length === 0 ? 0 : 1.05 * ends[Math.floor(SCALE_QUANTILE * (ends.length - 1))];
}

function sortValue(model: ModelSummary, column: Column): number | string | null {
  switch (column) {
    case 'name':
      return model.name;
    case 'price':
      return model.lastCandle?.change24h ?? null;
    case 'forecast':
      return model.prediction?.predictedChange ?? null;
    case 'signal':
      return model.prediction === null ? null : SIGNALS.indexOf(model.prediction.signal);
    case 'confidence':
      return model.prediction?.confidence ?? null;
    case 'verdict':
      return model.champion?.verdict === undefined ? null : model.champion.verdict === 'skill' ? 0 : 1;
    case 'record':
      return model.record?.hitRate ?? null;
    case 'age':
      return model.champion === null ? null : -model.champion.createdAtMs;
    case 'health':
      return HEALTHS.indexOf(model.health);
  }
}
