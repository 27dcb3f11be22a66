import { describe, expect, test } from 'vitest';
import { readWholeNumber } from '../../src/cli/flag-values.js';
import { readSymbols } from '../../src/cli/symbol-list.js';
import { isName } from '../../src/core/names.js';
import { parseFeatures } from '../../src/features/catalogue.js';
import { defineFeature } from '../../src/features/custom-feature.js';
import { parseDuration } from '../../src/market/duration.js';
import { parseInterval } from '../../src/market/interval.js';
import { parseConfig } from '../../src/options/config.js';
import { readFlagValue, TRAIN_FLAGS } from '../../src/options/train-flags.js';
import { parseTime, parseTrainOptions } from '../../src/options/train-options.js';
import { html, markupOf } from '../../src/report/html.js';
import { createHostCheck } from '../../src/server/host-allow-list.js';
import { parseBody } from '../../src/server/json-body.js';
import { createScrubber } from '../../src/server/server-log.js';
import { parseWebhookUrl } from '../../src/server/webhooks/address-check.js';
import { readNameClues } from '../../src/sources/file/name-clues.js';
import { readTextLayout } from '../../src/sources/file/text-layout.js';
import { parseLine } from '../../src/storage/ledger-lines.js';
import { effortOf } from '../support/processor-time.js';

/** A long run takes a million. What takes time by the square of the length is far too slow with this one already. */
const LENGTH = Number(process.env.TRADEAI_TEXT_LENGTH ?? 100_000);
const GREATEST_EFFORT = 30 * Math.max(1, LENGTH / 100_000);
/** Pieces that patterns stumble over when they try every way to divide a text. */
const PIECES = [
  '1',
  '.',
  'e',
  '-',
  '+',
  ' ',
  '\n',
  '\t',
  ',',
  ';',
  '|',
  '"',
  "'",
  '/',
  '\\',
  '_',
  '@',
  ':',
  '*',
  '[',
  '{',
  'a',
  'A',
  'é',
  '\0',
  '\u202e',
  '\ud800',
  '_lag_1',
  '1.',
  '0,',
  '* ',
  '@4h',
  '1h_',
  '2024-01-01T',
  'http://',
  '%2e',
  'rsi_',
  '""',
  'USDT',
];
/** Endings that make a text fail only when all of it was looked at. */
const ENDS = ['x', '!', '\0', '"', 'USDT', '_lag_1'];

const numberFlag = TRAIN_FLAGS.find(({ name }) => name === 'lr')!;
const listFlag = TRAIN_FLAGS.find(({ name }) => name === 'features')!;
const isHostAllowed = createHostCheck('127.0.0.1', []);
const scrub = createScrubber(['a-secret-of-some-length']);

const PARSERS: Readonly<Record<string, (text: string) => unknown>> = {
  time: (text) => parseTime(text, '--from'),
  interval: parseInterval,
  duration: parseDuration,
  cron: (text) => parseConfig({ schedule: { retrain: text } }, 'config'),
  'time zone': (text) => parseConfig({ schedule: { timeZone: text } }, 'config'),
  name: isName,
  symbol: (text) => parseTrainOptions({ symbol: text }),
  'model name': (text) => parseTrainOptions({ symbol: 'BTCUSDT', name: text }),
  source: (text) => parseTrainOptions({ symbol: 'BTCUSDT', source: text }),
  symbols: (text) => readSymbols(text, '--symbol'),
  feature: (text) => parseFeatures([text]),
  'list of features': (text) =>
    parseTrainOptions({ symbol: 'BTCUSDT', features: readFlagValue(listFlag, text, '--features') }),
  'custom feature': (text) => defineFeature({ name: text, warmUp: 1, compute: () => 0 }),
  column: (text) => parseConfig({ columns: [{ name: text, file: text, value: text, delay: text }] }, 'config'),
  'number of a flag': (text) => readFlagValue(numberFlag, text, '--lr'),
  'whole number': (text) => readWholeNumber(text, '--keep'),
  'key of a config': (text) => parseConfig({ [text]: 1 }, 'config'),
  'address of a webhook': parseWebhookUrl,
  webhook: (text) => parseConfig({ serve: { webhooks: [{ url: text, secretEnv: text }] } }, 'config'),
  'allowed host': (text) => parseConfig({ serve: { allowedHosts: [text] } }, 'config'),
  'header Host': isHostAllowed,
  'body of a request': parseBody,
  'line of a log': scrub,
  'line of a ledger': parseLine,
  'name of a file': readNameClues,
  // Of a file that has one line only, the first 64 kB are looked at.
  'header of a CSV file': (text) => readTextLayout(text.slice(0, 64 * 1024), 'x.csv'),
  'text of a page': (text) => markupOf(html`<p title="${text}">${text}</p>`),
};

describe('a long text is read or refused with little work', () => {
  test.each(Object.keys(PARSERS))('as %s', (what) => {
    const parse = PARSERS[what];
    const slow: string[] = [];
    for (const [index, piece] of PIECES.entries()) {
      const text = piece.repeat(Math.floor(LENGTH / piece.length)) + ENDS[index % ENDS.length];
      const effort = effortOf(() => parseOrRefuse(parse, text));
      if (effort > GREATEST_EFFORT) slow.push(`${JSON.stringify(piece)}: ${effort}`);
    }
    expect(slow).toEqual([]);
  });
});

function parseOrRefuse(parse: (text: string) => unknown, text: string): void {
  try {
    parse(text);
  } catch (error) {
    if (!['TradeAiError', 'HttpError'].includes((error as Error).name)) throw error;
  }
}
