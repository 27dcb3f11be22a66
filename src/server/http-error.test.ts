import { expect, test } from 'vitest';
import { type ErrorCode, TradeAiError } from '../core/errors.js';
import { describeFailure, HttpError } from './http-error.js';

test.each<[ErrorCode, number]>([
  ['USAGE', 400],
  ['NAME_INVALID', 400],
  ['MODEL_NOT_FOUND', 404],
  ['JOB_NOT_FOUND', 404],
  ['VERSION_CONFLICT', 409],
  ['MODEL_MISMATCH', 409],
  ['CANDLES_TOO_FEW', 422],
  ['JOBS_TOO_MANY', 429],
  ['FORECAST_STALE', 503],
  ['MODEL_CORRUPT', 500],
  ['STORAGE_UNREADABLE', 500],
  ['EXCHANGE_UNREACHABLE', 503],
  ['INTERRUPTED', 503],
])('%s is answered with %i and its own words', (code, status) => {
  const failure = describeFailure(new TradeAiError(code, 'what was wrong', { hint: 'what to do' }), 'a-1');
  expect(failure).toEqual({
    status,
    answer: { error: { code, message: 'what was wrong', hint: 'what to do', requestId: 'a-1' } },
    isOurs: status === 500,
  });
});

test('an error that is not ours is told without a word of its own', () => {
  const failure = describeFailure(new Error('password=hunter2 at /home/x'), 'a-2');
  expect(failure).toMatchObject({ status: 500, isOurs: true, answer: { error: { code: 'INTERNAL', hint: null } } });
  expect(JSON.stringify(failure)).not.toMatch(/hunter2|home/);
});

test('a refusal of the framework keeps its status and loses its words', () => {
  const error = Object.assign(new Error('repeats "evil" input'), { code: 'FST_ERR_CTP_BODY_TOO_LARGE' });
  expect(describeFailure(error, 'a-3')).toMatchObject({ status: 413, answer: { error: { code: 'BODY_TOO_LARGE' } } });
  expect(describeFailure(new HttpError('SHUTTING_DOWN', 'x'), 'a-4').status).toBe(503);
});

test('a hint for the command line is not told: what can be done over HTTP is', () => {
  const error = new TradeAiError('CANDLES_NOT_FOUND', 'none', { commandHint: 'fetch them with `tradeai data fetch`' });
  expect(describeFailure(error, 'a-1').answer.error.hint).toContain('GET /v1/data');
});
