/** What the reader of the overview has chosen; it stays while other pages are read. */

import { signal } from '@preact/signals';
import { type Column, type Filter, NO_FILTER, type Sort } from '../../view/overview-rows.js';

export const HEADINGS: Record<Column, string> = {
  name: 'Model',
  price: 'Price, 24\u00a0h',
  forecast: 'Forecast, 80 % interval',
  signal: 'Signal',
  confidence: 'Confidence',
  verdict: 'Verdict',
  record: 'Served: right',
  age: 'Age',
  health: 'Health',
};

/** How the reader has sorted. */
export const sort = signal<Sort>({ column: 'name', isDescending: false });
/** What the reader has left out. */
export const filter = signal<Filter>(NO_FILTER);
