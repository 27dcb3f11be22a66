import type { CandleSeries } from '../../src/market/candle-series.js';

/** All pages of a candle source, in the order they came. */
export async function collectPages(pages: AsyncIterable<CandleSeries>): Promise<CandleSeries[]> {
  const collected: CandleSeries[] = [];
  for await (const page of pages) collected.push(page);
  return collected;
}
