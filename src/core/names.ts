import { TradeAiError } from './errors.js';

const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * Checks a model name, symbol or source before it becomes part of a path. The one boundary against path traversal.
 *
 * @throws TradeAiError `NAME_INVALID`
 */
export function checkName(name: string, what = 'name'): string {
  if (NAME_PATTERN.test(name)) return name;
  throw new TradeAiError('NAME_INVALID', `${JSON.stringify(name.slice(0, 80))} is not a valid ${what}`, {
    hint: 'use letters, digits, ".", "_" and "-", at most 64, beginning with a letter or digit',
  });
}

/**
 * The name of a source as folders have it: an exchange of ccxt may be written `ccxt:kraken` or `ccxt-kraken`, and is the
 * latter on disk.
 *
 * @throws TradeAiError `NAME_INVALID`
 */
export function checkSourceName(name: string): string {
  return checkName(name.replace(/^ccxt:/, 'ccxt-'), 'source');
}
