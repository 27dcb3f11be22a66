import { rowCountOf } from '../../market/candle-series.js';
import { columnsOf, compareColumns } from './audited-columns.js';
import { type AuditCheck, allProbes } from './context.js';
import type { Probe } from './probe.js';
import { type Finding, firstOfEachColumn, formatInstant, formatValue } from './report.js';

/** Computes everything again on histories whose end was cut off: what was known then must have been the same bits. */
export const prefixInvariance: AuditCheck = {
  name: 'prefix-invariance',
  description: 'no value changes when later candles are taken away',
  find(context) {
    const findings = allProbes(context).flatMap((probe) =>
      probe.cuts.flatMap((cut) => findAtCut(probe, cut, probe !== context.wholeProbe)),
    );
    return firstOfEachColumn(findings);
  },
};

function findAtCut(probe: Probe, cut: number, isShort: boolean): Finding[] {
  const { series } = probe;
  const rowCount = rowCountOf(series);
  return compareColumns(probe.buildTo(rowCount), probe.buildTo(cut), cut).map(({ column, row, valueA, valueB }) => {
    const timeMs = series.openTimeMs[row];
    const settled = isShort ? settledRow(probe, column, row, cut) : undefined;
    const when = settled === undefined ? '' : `; it is settled only at the close of the candle of ${instant(settled)}`;
    return {
      column,
      timeMs,
      message: `at ${formatInstant(timeMs)} expected ${formatValue(valueB)}, the value while ${instant(cut - 1)} was the newest candle, was ${formatValue(valueA)} with the candles after it${when}`,
      hint: 'compute it from the candle of its row and older ones only: no shift by −1, centred window, backward filling, unfinished longer candle, or maximum, mean or rank over the whole history',
    };
  });

  function instant(row: number): string {
    return formatInstant(series.openTimeMs[row]);
  }
}

/** The row with whose candle the value first is what it stays: found by halving, so a guess where it goes to and fro. */
function settledRow(probe: Probe, column: string, row: number, cut: number): number {
  const rowCount = rowCountOf(probe.series);
  const index = columnsOf(probe.buildTo(rowCount)).findIndex(({ name }) => name === column);
  const valueTo = (end: number) => columnsOf(probe.buildTo(end))[index].at(row);
  const final = valueTo(rowCount);
  let wrong = cut;
  let right = rowCount;
  while (right - wrong > 1) {
    const middle = Math.floor((wrong + right) / 2);
    if (Object.is(valueTo(middle), final)) right = middle;
    else wrong = middle;
  }
  return right - 1;
}
