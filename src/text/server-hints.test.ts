import { expect, test } from 'vitest';
import { TradeAiError } from '../core/errors.js';
import { describeForServer } from './server-hints.js';

test('a hint that holds everywhere is told as it is', () => {
  const error = new TradeAiError('MODEL_NOT_FOUND', 'no model', { hint: 'there are A, B' });
  expect(describeForServer(error)).toEqual({ code: 'MODEL_NOT_FOUND', message: 'no model', hint: 'there are A, B' });
});

test('in place of a hint for the command line stands what can be done at the server', () => {
  const error = new TradeAiError('MODEL_NOT_FOUND', 'no model', { commandHint: 'train one with `tradeai train`' });
  expect(error.hint).toBe('train one with `tradeai train`');
  expect(describeForServer(error).hint).toContain('GET /v1/models');
  const passedOn = new TradeAiError('MODEL_CORRUPT', 'and worse', error.hintDetails);
  expect(describeForServer(passedOn).hint).toContain('POST /v1/models/{name}/promote');
});

test('an error without a hint, and one that is none of ours, have none', () => {
  expect(describeForServer(new TradeAiError('MODEL_NOT_FOUND', 'no model')).hint).toBeNull();
  expect(describeForServer(new Error('oh'))).toEqual({ code: 'INTERNAL', message: 'oh', hint: null });
});
