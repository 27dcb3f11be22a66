import { expect, test } from 'vitest';
import { whyAbsent } from './absence.js';

const WARNINGS = [
  'the backtest is null and void',
  'test.calibration.brier and .ece are null: no row has a direction',
  'backtest.sharpe is null: the returns do not vary: all are 0',
];

test('the warning that names the value says why', () => {
  expect(whyAbsent('ece', WARNINGS, 'unknown')).toBe('no row has a direction');
  expect(whyAbsent('brier', WARNINGS, 'unknown')).toBe('no row has a direction');
  expect(whyAbsent('sharpe', WARNINGS, 'unknown')).toBe('the returns do not vary: all are 0');
});

test('a value that no warning names takes the reason given', () => {
  expect(whyAbsent('bri', WARNINGS, 'unknown')).toBe('unknown');
  expect(whyAbsent('void', WARNINGS, 'unknown')).toBe('unknown');
});
