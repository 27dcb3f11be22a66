import { TradeAiError } from './errors.js';

/**
 * Letters of the East Asian scripts, in which exchanges list coins: none of them looks like a Latin letter, runs from right
 * to left, or joins with what stands beside it. Letters of other scripts do, and would let two names look alike.
 */
const EAST_ASIAN = String.raw`(?=\p{L})[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー가-힣]`;
/** What names consist of, for schemas; `isName` refuses a few more. Flag `u`. */
export const NAME_PATTERN = `^(?:[A-Za-z0-9]|${EAST_ASIAN})(?:[A-Za-z0-9._-]|${EAST_ASIAN}){0,63}$`;
const NAME = new RegExp(NAME_PATTERN, 'u');
/** With the longest ending and a hash before it, a name of that many bytes is a file name everywhere (255 bytes). */
export const MAX_NAME_BYTES = 150;
/**
 * Names that Windows takes for devices, with any ending, or whose last dot it drops. They are refused everywhere, so that
 * a workspace can be carried. https://learn.microsoft.com/windows/win32/fileio/naming-a-file
 */
const WINDOWS_NAME = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)|\.$/i;
/** Letters of one East Asian script that look like those of another; https://www.unicode.org/reports/tr39/ lists them. */
const LOOKALIKES = new Map(
  'へヘ べベ ぺペ りリ ー一 ニ二 ハ八 カ力 エ工 ロ口 タ夕 ト卜 オ才 ノ丿 ミ三 セ七 メ乂 チ千'
    .split(' ')
    .map(([a, b]) => [a, b]),
);

/** Whether a text can be the name of a model, a symbol or a source. */
export function isName(text: string): boolean {
  return faultOf(text) === undefined;
}

/**
 * Checks a model name, symbol or source before it becomes part of a path. The one boundary against path traversal.
 *
 * @throws TradeAiError `NAME_INVALID`
 */
export function checkName(name: string, what = 'name'): string {
  const fault = faultOf(name);
  if (fault === undefined) return name;
  throw new TradeAiError('NAME_INVALID', `${JSON.stringify(name.slice(0, 80))} is not a valid ${what}: ${fault}`, {
    hint:
      'use letters (A to Z, Chinese, Japanese, Korean), digits, ".", "_" and "-", at most 64, beginning with a letter or digit, ' +
      'not ending with a dot, and no device of Windows such as CON',
  });
}

function faultOf(name: string): string | undefined {
  if (name === '') return 'it is empty';
  if (WINDOWS_NAME.test(name)) return 'Windows does not take it for the name of a file';
  if (NAME.test(name)) {
    // Written in another way (NFC), or letters in another shape (NFKC), two names would be one on some disks.
    if (name.normalize('NFKC') !== name) return 'it holds letters in an unusual form';
    const sizeBytes = new TextEncoder().encode(name).length;
    if (sizeBytes <= MAX_NAME_BYTES) return undefined;
    return `it has ${sizeBytes} bytes, at most ${MAX_NAME_BYTES} are expected`;
  }
  const length = [...name].length;
  if (length > 64) return `it has ${length} characters, at most 64 are expected`;
  if (/[\p{Cc}\p{Cf}\p{Z}]/u.test(name)) return 'it holds a blank, or a character that is not seen';
  if (/[/\\:]/.test(name)) return 'it holds a separator of paths';
  if (/^[._-]/.test(name)) return 'it does not begin with a letter or digit';
  const other = [...name].find((character) => !/[A-Za-z0-9._-]/.test(character) && !NAME.test(character));
  return `it holds ${JSON.stringify(other)}`;
}

/**
 * The same text for names that a person, or a disk without capitals, cannot tell apart: `btcusdt` and `BTCUSDT`.
 */
export function foldName(name: string): string {
  return Array.from(name.toLowerCase(), (character) => LOOKALIKES.get(character) ?? character).join('');
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
