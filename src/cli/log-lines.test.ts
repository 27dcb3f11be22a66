import { createColors } from 'picocolors';
import type { Logger } from 'pino';
import { expect, test } from 'vitest';
import { TradeAiError } from '../core/errors.js';
import { createServerLog } from '../server/server-log.js';
import { formatLogLine, logFormatOf } from './log-lines.js';

const TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d /;

/** What a terminal shows of what is logged. */
function show(write: (log: Logger) => void, { isColored = false, secrets = [] as string[] } = {}): string {
  let text = '';
  const colors = createColors(isColored);
  const format = (line: string) => formatLogLine(line, colors);
  write(createServerLog({ format, secrets, write: (line) => (text += line) }));
  return text.replace(TIME, '');
}

test('a line says when, how bad, what, and the facts', () => {
  const facts = { model: 'BTCUSDT', job: '7', seconds: 4.2, verdict: null, reasons: ['not better'] };
  expect(show((log) => log.info(facts, 'training ended'))).toBe(
    'info  training ended  model=BTCUSDT job=7 seconds=4.2 reasons=["not better"]\n',
  );
  expect(formatLogLine('{"level":30,"time":0,"msg":"begun"}\n', createColors(false))).toBe(
    '1970-01-01 00:00:00 info  begun\n',
  );
});

test('an expected error is told without its stack, with what can be done below', () => {
  const error = new TradeAiError('EXCHANGE_UNREACHABLE', 'cannot reach it', { hint: 'wait' });
  expect(show((log) => log.warn({ err: error, series: 'binance BTCUSDT 1h' }, 'no candles'))).toBe(
    'warn  no candles: cannot reach it  series="binance BTCUSDT 1h" code=EXCHANGE_UNREACHABLE\n    wait\n',
  );
});

test('an error of the program has its stack', () => {
  const shown = show((log) => log.error({ err: new Error('oh') }, 'request failed'));
  expect(shown).toMatch(/^error request failed: oh\n/);
  expect(shown).toContain('    Error: oh\n        at ');
});

test('nothing in a line is obeyed by the terminal, no secret is shown, and colours are there when wanted', () => {
  const hostile = 'a\u001b[2J\u202eb\nfatal c';
  const shown = show((log) => log.info({ model: hostile, key: 'canary-key-55c1' }, hostile), {
    secrets: ['canary-key-55c1'],
  });
  for (const part of ['\u001b', '\u202e', '\nfatal', 'canary']) expect(shown).not.toContain(part);
  expect(shown).toContain('key=[secret]');
  expect(show((log) => log.warn({}, 'x'), { isColored: true })).toContain('\u001b[33mwarn');
});

test('what is no terminal gets the JSON lines', () => {
  const noteColors = createColors(false);
  expect(logFormatOf({ isTerminal: false, noteColors })).toBeUndefined();
  expect(logFormatOf({ isTerminal: true, noteColors })?.('{"level":40,"time":0,"msg":"x"}\n')).toMatch(/ warn {2}x\n$/);
});
