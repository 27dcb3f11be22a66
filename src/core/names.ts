import { TradeAiError } from './errors.js';

const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/**
 * Names that Windows takes for devices, with any ending, or whose last dot it drops. They are refused everywhere, so that
 * a workspace can be carried. https://learn.microsoft.com/windows/win32/fileio/naming-a-file
 */
const WINDOWS_NAME = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)|\.$/i;

/** Whether a text can be the name of a model, a symbol or a source. */
export function isName(text: string): boolean {
  return NAME_PATTERN.test(text) && !WINDOWS_NAME.test(text);
}

/**
 * Checks a model name, symbol or source before it becomes part of a path. The one boundary against path traversal.
 *
 * @throws TradeAiError `NAME_INVALID`
 */
export function checkName(name: string, what = 'name'): string {
  if (isName(name)) return name;
  throw new TradeAiError('NAME_INVALID', `${JSON.stringify(name.slice(0, 80))} is not a valid ${what}`, {
    hint: 'use letters, digits, ".", "_" and "-", at most 64, beginning with a letter or digit, not ending with a dot, and no device of Windows such as CON',
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
