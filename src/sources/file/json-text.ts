/** Candles as JSON. Pure. */

import { type CandleSeries, rowCountOf } from '../../market/candle-series.js';
import { formatNumber, PART_ROWS } from './number-text.js';

/**
 * The text of a JSON file in parts: one list of rows, `[open_time, open, high, low, close, volume]`, times in UTC
 * milliseconds. This is what freqtrade writes and reads as `json`.
 */
export function* jsonRows(series: CandleSeries): Iterable<string> {
  const { openTimeMs, open, high, low, close, volume } = series;
  const columns = [openTimeMs, open, high, low, close, volume];
  const rowCount = rowCountOf(series);
  yield '[';
  for (let start = 0; start < rowCount; start += PART_ROWS) {
    let text = '';
    for (let row = start; row < Math.min(start + PART_ROWS, rowCount); row++) {
      text += `${row > 0 ? ',' : ''}[${columns.map((values) => formatNumber(values[row])).join(',')}]`;
    }
    yield text;
  }
  yield ']';
}
