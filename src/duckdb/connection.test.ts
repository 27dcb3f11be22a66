import { expect, test } from 'vitest';
import { withDuckDb } from './connection.js';

test('after an error the next use works, and one that was under way is not disturbed', async () => {
  const underWay = withDuckDb(async (connection) => {
    await expect(withDuckDb((other) => other.run('SELECT nonsense'))).rejects.toThrow('nonsense');
    return (await connection.runAndReadAll('SELECT 1')).getRows();
  });
  expect(await underWay).toEqual([[1]]);
  expect(await withDuckDb(async (connection) => (await connection.runAndReadAll('SELECT 2')).getRows())).toEqual([[2]]);
});

test('temporary tables of one use are unknown to another', async () => {
  await withDuckDb(async (connection) => {
    await connection.run('CREATE TEMP TABLE t AS SELECT 1 AS a');
    await withDuckDb((other) => other.run('CREATE TEMP TABLE t AS SELECT 2 AS a'));
    expect((await connection.runAndReadAll('FROM t')).getRows()).toEqual([[1]]);
  });
  await expect(withDuckDb((connection) => connection.run('FROM t'))).rejects.toThrow('t');
});

test('times without an offset are UTC', async () => {
  const rows = await withDuckDb(async (connection) =>
    (await connection.runAndReadAll("SELECT epoch_ms(TIMESTAMPTZ '2024-01-01 00:00:00')")).getRows(),
  );
  expect(rows).toEqual([[BigInt(Date.UTC(2024, 0, 1))]]);
});
