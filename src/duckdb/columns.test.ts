import { expect, test } from 'vitest';
import { withColumnSource } from './column-source.js';
import { readDoubleColumns, readDoubleColumnsInto } from './columns.js';
import { quoteIdentifier, quotePathPattern, quoteText, withDuckDb } from './connection.js';

test.each([0, 1, 2048, 3 * 2048 + 17, 300_001])('%i rows come back bit for bit and in order', async (rowCount) => {
  const row = Float64Array.from({ length: rowCount }, (_, index) => index);
  const noise = row.map((index) => Math.sin(index) * 1e-7 + (index % 5 === 0 ? Number.NaN : index));
  const { names, columns } = await withDuckDb((connection) =>
    withColumnSource({ names: ['a', 'b c'], columns: [row, noise] }, (table) =>
      readDoubleColumns(connection, `SELECT * FROM ${table}`),
    ),
  );
  expect(names).toEqual(['a', 'b c']);
  expect(columns).toEqual([row, noise]);
});

test('NULL is NaN, and an empty result has empty columns', async () => {
  await withDuckDb(async (connection) => {
    const { columns } = await readDoubleColumns(connection, 'SELECT NULL::DOUBLE AS x UNION ALL SELECT 2.5');
    expect(columns).toEqual([Float64Array.of(Number.NaN, 2.5)]);
    const none = await readDoubleColumns(connection, 'SELECT 1::DOUBLE AS x WHERE false');
    expect(none).toEqual({ names: ['x'], columns: [new Float64Array(0)] });
  });
});

test('rows are written where they shall be, and another number of them is refused', async () => {
  const sql = 'SELECT i::DOUBLE AS x, NULL::DOUBLE AS y FROM range(5000) t(i)';
  await withDuckDb(async (connection) => {
    const out = new Float64Array(5002).fill(-1);
    const unknown = new Float64Array(5000);
    await readDoubleColumnsInto(connection, sql, [out.subarray(1, 5001), unknown]);
    expect(out).toEqual(Float64Array.from({ length: 5002 }, (_, row) => (row === 5001 ? -1 : row - 1)));
    expect(unknown.every(Number.isNaN)).toBe(true);
    const read = (rowCount: number) =>
      readDoubleColumnsInto(connection, sql, [new Float64Array(rowCount), new Float64Array(rowCount)]);
    await expect(read(4999)).rejects.toThrow('expected 4999 rows, there were more');
    await expect(read(5001)).rejects.toThrow('expected 5001 rows, was 5000');
  });
});

test('a column of another type is refused', async () => {
  await withDuckDb(async (connection) => {
    await expect(readDoubleColumns(connection, "SELECT 'a' AS x")).rejects.toThrow('not DOUBLE');
  });
});

test('quotes in names, texts and paths stay what they are', async () => {
  expect(quoteText("it's")).toBe("'it''s'");
  expect(quoteIdentifier('a"b')).toBe('"a""b"');
  expect(quotePathPattern('/a[1]/*?.csv')).toBe("'/a[[]1]/[*][?].csv'");
});

test('arrays that are no longer offered cannot be selected from', async () => {
  let table = '';
  await withColumnSource({ names: ['a'], columns: [new Float64Array(1)] }, async (name) => {
    table = name;
  });
  await expect(withDuckDb((connection) => connection.run(`FROM ${table}`))).rejects.toThrow('no longer offered');
});
