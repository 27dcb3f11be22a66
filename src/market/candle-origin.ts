/**
 * Where candles come from, and what follows from it: the one list of the sources that are built in. Their names stand in
 * folders, models and reports; any other source is an exchange whose candles go on.
 */

export interface CandleOrigin {
  /** The first folder below `data/candles/`. */
  readonly name: string;
  /** Taken when nobody names another. */
  readonly isDefault?: boolean;
  /** Made by a program: nothing there says anything about a real market. */
  readonly isSimulated?: boolean;
  /** A history that ends where it ends: nobody keeps it current. */
  readonly isFinite?: boolean;
  /** Brought in by somebody: there is nothing to fetch candles from. */
  readonly isImported?: boolean;
}

export const BINANCE = { name: 'binance', isDefault: true } as const satisfies CandleOrigin;
export const SIMULATION = { name: 'demo', isSimulated: true, isFinite: true } as const satisfies CandleOrigin;
export const IMPORT = { name: 'file', isFinite: true, isImported: true } as const satisfies CandleOrigin;

export const BUILT_IN_ORIGINS: readonly CandleOrigin[] = [BINANCE, SIMULATION, IMPORT];

/** @example originOf('demo').isSimulated // true */
export function originOf(source: string): CandleOrigin {
  return BUILT_IN_ORIGINS.find(({ name }) => name === source) ?? { name: source };
}

export const DEFAULT_SOURCE: string = BINANCE.name;
