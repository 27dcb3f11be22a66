import { createColors } from 'picocolors';
import { describe, expect, test } from 'vitest';
import { fault, pass, skip } from '../../doctor/report.js';
import { formatDoctorReport } from './doctor.js';

const plain = createColors(false);
const command = 'tradeai train --symbol BTCUSDT --features return_1,return_2,return_3,volatility_24 --lr 0.0005';
const model = {
  name: 'BTCUSDT',
  version: 3,
  symbol: 'BTCUSDT',
  interval: '1h',
  status: 'problem',
  checks: [
    pass('files', 'all 8 files are the ones that were published'),
    skip('error-drift', '100 rows are needed, there are 0'),
    fault('learning', {
      status: 'problem',
      finding: 'the train loss ends at 1.0200 of that of predicting no change',
      cause: 'a learning rate of 1 is too high: steps overshoot, and the loss jumps instead of falling',
      command,
    }),
  ],
} as const;

describe('a diagnosis for people', () => {
  test('is a line a check, with cause and command below what is wrong', () => {
    expect(formatDoctorReport({ status: 'problem', models: [model] }, plain).split('\n')).toEqual([
      'BTCUSDT version 3, BTCUSDT 1h',
      '  ok       files          all 8 files are the ones that were published',
      '  –        error drift    not checked: 100 rows are needed, there are 0',
      '  problem  learning       the train loss ends at 1.0200 of that of predicting no change',
      '                          likely cause: a learning rate of 1 is too high: steps overshoot, and the loss jumps instead of falling',
      `                          ${command}`,
      '',
      '1 problem.',
    ]);
  });

  test('breaks sentences at the width of the terminal, and commands never', () => {
    const lines = formatDoctorReport({ status: 'problem', models: [model] }, plain, 80).split('\n');
    expect(lines).toContain(`                          ${command}`);
    const sentences = lines.filter((line) => !line.includes(command));
    expect(Math.max(...sentences.map((line) => line.length))).toBeLessThan(80);
    expect(sentences.join(' ').replace(/\s+/g, ' ')).toContain('and the loss jumps instead of falling');
  });

  test('counts over all models, and says when nothing is wrong', () => {
    const sound = { ...model, status: 'ok', checks: [model.checks[0]] } as const;
    const both = formatDoctorReport({ status: 'problem', models: [model, sound] }, plain);
    expect(both).toMatch(/\n\n1 problem in 2 models\.$/);
    expect(formatDoctorReport({ status: 'ok', models: [sound] }, plain)).toMatch(/\n\nNothing is wrong\.$/);
  });

  test('names a version that cannot be read', () => {
    const unreadable = { ...model, version: null, symbol: null, interval: null };
    expect(formatDoctorReport({ status: 'problem', models: [unreadable] }, plain)).toMatch(/^BTCUSDT unreadable\n/);
  });
});
