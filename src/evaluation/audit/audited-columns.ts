/** The columns of a dataset that must be known at the close of their row. */

import type { AuditedDataset } from './subject.js';

/** One column. T rows. */
export interface AuditedColumn {
  readonly name: string;
  /** The value at a row. */
  at(row: number): number;
}

/** Every feature, the volatility that the target is measured in, and whether a row is used at all. */
export function columnsOf({ matrix, target }: AuditedDataset): AuditedColumn[] {
  const featureCount = matrix.featureNames.length;
  return [
    ...matrix.featureNames.map((name, f) => ({ name, at: (row: number) => matrix.values[row * featureCount + f] })),
    { name: 'volatility', at: (row) => target.volatility[row] },
    { name: 'usable rows', at: (row) => matrix.isReady[row] },
  ];
}

export interface ColumnDifference {
  readonly column: string;
  readonly row: number;
  readonly valueA: number;
  readonly valueB: number;
}

/** The first row below `end` at which each column differs by a bit; columns without a difference are left out. */
export function compareColumns(a: AuditedDataset, b: AuditedDataset, end: number): ColumnDifference[] {
  const others = columnsOf(b);
  return columnsOf(a).flatMap((column, index) => {
    for (let row = 0; row < end; row++) {
      const valueA = column.at(row);
      const valueB = others[index].at(row);
      if (!Object.is(valueA, valueB)) return [{ column: column.name, row, valueA, valueB }];
    }
    return [];
  });
}
