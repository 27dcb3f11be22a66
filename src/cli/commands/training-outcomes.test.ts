import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openRecordingShell } from '../../../test/support/recording-shell.js';
import { runRetrain } from './retrain.js';
import { runTrain } from './train.js';

let home: string;
let printed: string[];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tradeai-outcomes-'));
  printed = [];
});

afterEach(async () => {
  process.exitCode = undefined;
  await rm(home, { recursive: true });
});

const openShell = (isJson: boolean) => openRecordingShell({ home, isJson, printed });

test('a model that is named twice, in whatever spelling, is trained once', async () => {
  await runRetrain(openShell(true), { offline: true }, 'BTCUSDT, BTC/USDT,ETHUSDT');
  expect(JSON.parse(printed.pop()!)).toMatchObject([
    { name: 'BTCUSDT', error: { code: 'MODEL_NOT_FOUND' } },
    { name: 'ETHUSDT', error: { code: 'MODEL_NOT_FOUND' } },
  ]);
  await runTrain(openShell(true), { symbol: 'BTCUSDT,BTC/USDT, ethusdt', offline: true });
  expect(JSON.parse(printed.pop()!)).toMatchObject([
    { name: 'BTCUSDT', error: { code: 'CANDLES_NOT_FOUND' } },
    { name: 'ETHUSDT', error: { code: 'CANDLES_NOT_FOUND' } },
  ]);
  await expect(runTrain(openShell(true), { symbol: 'BTCUSDT,ETHUSDT', name: 'mine', offline: true })).rejects.toThrow(
    '--name: expected a name of its own for each of 2 models',
  );
});

test('what failed is told with what to do', async () => {
  await runRetrain(openShell(false), { offline: true }, 'BTCUSDT,ETHUSDT');
  expect(printed.pop()).toMatch(
    /^BTCUSDT .* failed: no model named BTCUSDT; .* \(train one with `tradeai train .*`\)$/m,
  );
});
