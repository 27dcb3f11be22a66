import { TradeAiError } from '../core/errors.js';

const MAX_SYMBOLS = 200;

/**
 * Reads `BTCUSDT,ETHUSDT`; a symbol that stands twice counts once.
 *
 * @throws TradeAiError `USAGE`
 */
export function readSymbols(text: string, where: string): string[];
export function readSymbols(text: string | undefined, where: string): string[] | undefined;
export function readSymbols(text: string | undefined, where: string): string[] | undefined {
  if (text === undefined) return undefined;
  const symbols = [...new Set(text.split(',').map((symbol) => symbol.trim()))];
  if (symbols.length > MAX_SYMBOLS) {
    throw new TradeAiError('USAGE', `${where}: expected at most ${MAX_SYMBOLS} symbols, was ${symbols.length}`, {
      hint: 'fetch them in several calls',
    });
  }
  if (symbols.includes('')) {
    throw new TradeAiError(
      'USAGE',
      `${where}: expected symbols with commas between, was ${JSON.stringify(text.slice(0, 80))}`,
    );
  }
  return symbols;
}
