import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { composePorts } from '../app/compose.js';
import { simulateMarket } from '../market/simulated-market.js';
import { openCandleStore } from './candle-store.js';
import { checkWorkspaceFormat } from './workspace-format.js';

function openHome(mark?: string) {
  const home = mkdtempSync(join(tmpdir(), 'tradeai-format-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const path = join(home, 'data/workspace.json');
  mkdirSync(join(home, 'data'));
  if (mark !== undefined) writeFileSync(path, mark);
  return { home, path };
}

const { series } = simulateMarket({
  symbol: 'BTCUSDT',
  interval: '1h',
  rowCount: 20,
  seed: 1,
  firstOpenTimeMs: 0,
  plantedR2: 0,
});

test('the first candles that are stored say which format and which version wrote them', async () => {
  const { home, path } = openHome();
  expect(checkWorkspaceFormat(home)).toBe(1);
  await openCandleStore(home, '1.2.3').append('binance', series);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ formatVersion: 2, writtenBy: '1.2.3' });
  expect(checkWorkspaceFormat(home)).toBe(2);
  await openCandleStore(home, '1.3.0').append('binance', { ...series, symbol: 'ETHUSDT' });
  expect(JSON.parse(readFileSync(path, 'utf8')).writtenBy).toBe('1.2.3');
});

test('a newer workspace is refused before anything is done, with the version that is needed', async () => {
  const { home, path } = openHome('{"formatVersion": 3, "writtenBy": "4.5.6", "more": true}');
  const refusal = expect.objectContaining({
    code: 'WORKSPACE_NEWER',
    message: expect.stringContaining('in format 3'),
    hint: expect.stringContaining('install TradeAI 4.5.6 or later'),
  });
  expect(() => composePorts({ home, environment: {}, onNote: () => undefined })).toThrow(refusal);
  await expect(openCandleStore(home).append('binance', series)).rejects.toEqual(refusal);
  expect(JSON.parse(readFileSync(path, 'utf8')).formatVersion).toBe(3);
});

test.each(['', '[]', '{"formatVersion": "2"}'])('a mark that says nothing, %j, is named', (mark) => {
  const { home, path } = openHome(mark);
  expect(() => checkWorkspaceFormat(home)).toThrow(
    expect.objectContaining({ code: 'STORAGE_UNREADABLE', message: expect.stringContaining(path) }),
  );
});
