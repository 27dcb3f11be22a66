/** A chart as data: what the script in the page draws, and the figure around it that says the same in words. */

import { makeSentence } from '../text/sentences.js';
import { embedJson, type Html, type HtmlContent, html } from './html.js';

/** Colours by name; the page has one value for light and one for dark, told apart by colour-blind readers too. */
export type ChartColor = 'blue' | 'orange' | 'green' | 'purple' | 'text' | 'muted';

/** How a value is written at an axis and in the legend. */
export interface ValueFormat {
  readonly kind: 'number' | 'percent' | 'count' | 'time';
  readonly digits?: number;
  readonly isSigned?: boolean;
}

export interface ChartSeries {
  readonly label: string;
  readonly color: ChartColor;
  readonly style: 'line' | 'dashed' | 'bars' | 'points';
  /** One a value of x; `null` where there is none. */
  readonly values: readonly (number | null)[];
  /** Ends of a vertical whisker at each value. */
  readonly whiskers?: readonly (readonly [number, number] | null)[];
  /** Draws the bars along the bottom, on a scale of their own, with their value above. */
  readonly isCount?: boolean;
  /** Format of the legend where it is not that of the axis. */
  readonly format?: ValueFormat;
}

/** A line across the chart. */
export interface ChartMark {
  readonly axis: 'x' | 'y';
  readonly at: number;
  readonly label?: string;
}

export interface ChartSpec {
  readonly x: {
    readonly label: string;
    /** Ascending; UTC milliseconds for the format `time`. */
    readonly values: readonly number[];
    readonly format: ValueFormat;
    readonly range?: readonly [number, number];
  };
  readonly y: {
    readonly label: string;
    readonly format: ValueFormat;
    readonly range?: readonly [number, number];
  };
  readonly series: readonly ChartSeries[];
  readonly marks?: readonly ChartMark[];
}

export interface Figure {
  readonly title: string;
  /** What is on the axes, in one line. */
  readonly subtitle: string;
  /** What the chart shows, in words. */
  readonly summary: HtmlContent;
  readonly chart: ChartSpec;
  /** The same figures as a table, folded away. */
  readonly table?: Html;
}

export function renderFigure({ title, subtitle, summary, chart, table }: Figure): Html {
  return html`<figure class="card" aria-label="${title}">
<h3>${title}</h3>
<p class="subtitle">${subtitle}</p>
<div class="plot" aria-hidden="true"><script type="application/json">${embedJson(chart)}</script></div>
<figcaption>${summary}</figcaption>
${table && html`<details><summary>The same as a table</summary>${table}</details>`}
</figure>`;
}

/** Stands where a figure or table would be and says why it is not defined. */
export function renderAbsence(title: string, reason: string): Html {
  return html`<div class="card absent">
<h3>${title}</h3>
<p>${makeSentence(reason)}</p>
</div>`;
}

export interface Table {
  readonly caption: string;
  readonly columns: readonly string[];
  /** The first cell of a row is its name. */
  readonly rows: readonly (readonly HtmlContent[])[];
  /** Index of the row that is the model's own. */
  readonly ownRow?: number;
}

/** A table that scrolls sideways within its frame where the page is too narrow for it. */
export function renderTable({ caption, columns, rows, ownRow }: Table): Html {
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table>
<caption><span class="unseen">${caption}</span></caption>
<thead><tr>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>
${rows.map(
  ([name, ...cells], row) =>
    html`<tr${row === ownRow && html` class="own"`}><th scope="row">${name}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>\n`,
)}</tbody>
</table></div>`;
}
