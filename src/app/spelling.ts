/** Models and stored candles, found by their names as people write them. */

import { isName } from '../core/names.js';
import { findSpelled, readJoinedSymbol, readSymbol } from '../market/spelling.js';
import type { Ports } from '../ports/ports.js';

/**
 * The model that is meant by a name; the name itself where there is none, for whoever looks for it to say so.
 *
 * @throws TradeAiError `USAGE` where it may be several
 */
export async function findModelName(given: string, { registry }: Pick<Ports, 'registry'>): Promise<string> {
  const found = findSpelled(given, await registry.listNames());
  if (found !== undefined || isName(given)) return found ?? given;
  try {
    return readSymbol(given);
  } catch {
    return given;
  }
}

/**
 * The symbols of stored candles that are meant; those that were given where none are.
 *
 * @throws TradeAiError `NAME_INVALID`, `USAGE` where one may be several
 */
export async function findStoredSymbols(given: readonly string[], { store }: Pick<Ports, 'store'>): Promise<string[]> {
  const symbols = given.map(readSymbol);
  const stored = await listSymbols(store);
  return unique(given.map((each, index) => findSpelled(each, stored) ?? symbols[index]));
}

/**
 * The symbols of candles that may have to be fetched or imported: those stored where they were written in another way,
 * else as the source spells them. What is written as exchanges do is taken as it stands.
 *
 * @throws TradeAiError `NAME_INVALID`, `USAGE` where one may be several
 */
export async function symbolsToBring(
  given: readonly string[],
  source: string | undefined,
  { store }: Pick<Ports, 'store'>,
): Promise<string[]> {
  const symbols = given.map(readSymbol);
  const isPlain = (each: string, index: number) => each === symbols[index] && /^[\p{L}\p{N}]+$/u.test(each);
  if (given.every(isPlain)) return unique(symbols);
  const stored = await listSymbols(store);
  return unique(
    given.map((each, index) => {
      if (isPlain(each, index)) return each;
      const found = findSpelled(each, stored);
      if (found !== undefined) return found;
      // Exchanges behind ccxt are asked by base and quote, which a dash tells apart.
      return source?.startsWith('ccxt') ? symbols[index] : readJoinedSymbol(each);
    }),
  );
}

function unique(symbols: readonly string[]): string[] {
  return [...new Set(symbols)];
}

async function listSymbols(store: Ports['store']): Promise<string[]> {
  return unique((await store.list()).map(({ symbol }) => symbol));
}
