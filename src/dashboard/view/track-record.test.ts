import { expect, test } from 'vitest';
import type { TrackRecordAnswer } from '../../wire/wire.js';
import { judgeRecord } from './track-record.js';

const RECORD: TrackRecordAnswer = {
  name: 'BTCUSDT',
  version: 2,
  role: 'champion',
  forecasts: 600,
  scored: 599,
  fromMs: 0,
  toMs: 1,
  hitRate: 0.56,
  hitRateCi95: [0.52, 0.6],
  brier: 0.24,
  intervalCoverage: 0.8,
  ic: 0.1,
  netReturn: 0.05,
  signals: 100,
  promised: { hitRate: 0.53, ic: 0.05, brier: 0.248, intervalCoverage: 0.8 },
  drift: { isDrifting: false, pValue: 0.4, reasons: [] },
  reliability: [],
};
const titleOf = (parts: Partial<TrackRecordAnswer>) => judgeRecord({ ...RECORD, ...parts }).title;

test('says plainly what the record shows', () => {
  expect(titleOf({})).toBe('As reported');
  expect(titleOf({ netReturn: -0.2 })).toBe('As reported, but its signals lost');
  expect(titleOf({ hitRateCi95: [0.47, 0.55] })).toBe('Not told apart from a coin');
  expect(titleOf({ scored: 12 })).toBe('Too early to tell');
  expect(titleOf({ scored: 0, forecasts: 0 })).toBe('Nothing to judge yet');
});

test('drift is said before all else, in the words of the server', () => {
  const judged = judgeRecord({ ...RECORD, drift: { isDrifting: true, pValue: 0.001, reasons: ['hit rate 47 %'] } });
  expect([judged.title, judged.text, judged.tone]).toEqual(['Below its report', 'Hit rate 47 %.', 'bad']);
});
