/** What some tests need from outside of this repository; without it they are skipped, and the totals say why. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

declare module 'vitest' {
  interface TaskMeta {
    /** Why a test, or a group of them, is skipped. */
    skipReason?: string;
  }
}

/** What `test` and `describe` take between name and function. */
export interface Need {
  readonly skip?: boolean;
  readonly meta?: { readonly skipReason: string };
}

/** Skips unless it is there. @param reason what is missing, in a few words */
export function needs(isThere: boolean, reason: string): Need {
  return isThere ? {} : { skip: true, meta: { skipReason: reason } };
}

/** Skips unless all these files are there. */
export function needsFiles(paths: readonly string[], what: string): Need {
  const missing = paths.filter((path) => !existsSync(path));
  return needs(missing.length === 0, `${what} absent (${missing.join(', ')})`);
}

const SHARED = join(import.meta.dirname, '../../../shared');
/** Real candles, as files. */
export const MARKET_DATA = join(SHARED, 'market-data');
/** Recorded answers and files of Binance. */
export const RECORDED_BINANCE = join(SHARED, 'binance');
export const needsMarketData = needs(existsSync(MARKET_DATA), 'real candles absent (../shared/market-data)');
export const needsRecordedBinance = needs(existsSync(RECORDED_BINANCE), 'recorded answers absent (../shared/binance)');

/** Debian's browser. */
export const CHROMIUM = '/usr/bin/chromium';
export const needsChromium = needsFiles([CHROMIUM], 'Chromium');
/** Windows knows neither modes nor links as these tests mean them. */
export const needsPosix = needs(process.platform !== 'win32', 'no POSIX file system');
