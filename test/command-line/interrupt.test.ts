import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFolder, runTradeAi, simulateSeries, toCsv, writeCsv } from '../support/built-program.js';

const series = simulateSeries(3_000);
const FLAGS = ['--epochs', '6', '--patience', '6', '--members', '2', '--hidden', '4', '--window', '6', '--folds', '1'];

test('Ctrl-C keeps a checkpoint, and --resume gives the weights of a training that never stopped', async () => {
  const home = makeFolder();
  const file = writeCsv(home, toCsv(series));
  const args = ['train', '--symbol', 'TESTUSDT', '--data', file, '--json', '--engine', 'reference', ...FLAGS];
  const stopped = await runTradeAi([...args, '--home', home], {
    onStart: (child) => {
      let isStopped = false;
      child.stderr?.on('data', (text: string) => {
        if (isStopped || !text.includes('epoch 3/6')) return;
        isStopped = true;
        child.kill('SIGINT');
      });
    },
  });
  expect(stopped.status).toBe(130);
  expect(stopped.stderr).toContain('tradeai train --symbol TESTUSDT --resume');
  expect(existsSync(join(home, 'models/versions'))).toBe(false);

  const refused = await runTradeAi(['train', '--symbol', 'TESTUSDT', '--resume', '--epochs', '3', '--home', home]);
  expect(refused.status).toBe(2);

  // Its candles are stored by now.
  const text = readFileSync(file, 'utf8');
  rmSync(file);
  const resumed = await runTradeAi(['train', '--symbol', 'TESTUSDT', '--resume', '--home', home, '--json']);
  writeFileSync(file, text);
  const whole = await runTradeAi([...args, '--home', makeFolder()]);
  expect(resumed.status).toBe(0);
  const [a, b] = [resumed, whole].map(({ stdout }) => JSON.parse(stdout));
  expect(a.artifacts.weightsSha256).toBe(b.artifacts.weightsSha256);
  expect(a.training.members).toEqual(b.training.members);
  expect(readdirSync(join(home, 'models/checkpoints'))).toEqual([]);
});

test('SIGTERM before the server is ready ends it with 0, as afterwards', async () => {
  const home = makeFolder();
  // A config is code: this one sends the signal while it is read.
  writeFileSync(join(home, 'tradeai.config.ts'), "process.kill(process.pid, 'SIGTERM');\nexport default {};\n");
  const { status, stdout, stderr } = await runTradeAi(['serve', '--port', '0', '--home', home]);
  expect([status, stdout]).toEqual([0, '']);
  expect(stderr).toContain('stopping');
  expect(stderr).not.toContain('error');
});
