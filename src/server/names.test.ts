import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openMemoryService } from '../../test/support/memory-service.js';
import type { ForecastService } from '../ports/forecast-service.js';
import { createServer, type Server } from './server.js';

/** Written anew here, so that the test does not believe the pattern it tests. */
const NAME =
  /^[A-Za-z0-9\u3005-\u30fe\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7a3\u{1af00}-\u{3ffff}][A-Za-z0-9._\u3005-\u30fe\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7a3\u{1af00}-\u{3ffff}-]{0,63}$/u;
const RUNS = Number(process.env.TRADEAI_NAME_RUNS ?? 600);

const memory = await openMemoryService({ symbolCount: 1, rowCount: 300 });
/** Every name that got as far as the forecast service. */
const seen: string[] = [];
const watch =
  <Rest extends unknown[], Answer>(ask: (name: string, ...rest: Rest) => Answer) =>
  (name: string, ...rest: Rest): Answer => {
    seen.push(name);
    return ask(name, ...rest);
  };
const watched: ForecastService = {
  ...memory,
  prediction: watch(memory.prediction),
  model: watch(memory.model),
  version: watch(memory.version),
  record: watch(memory.record),
  job: watch(memory.job),
  cancel: watch(memory.cancel),
  promote: watch(memory.promote),
  rollback: watch(memory.rollback),
  modelShape: watch(memory.modelShape),
  ledger(query) {
    seen.push(query.name);
    return memory.ledger(query);
  },
  candles(query) {
    seen.push(query.symbol, query.source ?? 'demo');
    return memory.candles(query);
  },
  async retrain(names, trigger) {
    seen.push(...(names ?? []));
    return memory.retrain(names, trigger);
  },
};
let server: Server;

beforeAll(async () => {
  server = await createServer({ service: watched });
});
afterAll(async () => {
  await server.app.close();
  await memory.stop();
});

const hostile = fc.oneof(
  fc.constantFrom(
    '..',
    '../../etc/passwd',
    '..\\..\\windows',
    '%2e%2e%2f',
    '%252e%252e%252f',
    'a/../b',
    'a\0b',
    'CON',
    'BTCUSDT.',
    'BTCUSDT ',
    ' BTCUSDT',
    'x'.repeat(300),
    'ＢＴＣＵＳＤＴ',
    'BTC\u2024USDT',
    'BTC\u202eUSDT',
    '币\u202e安',
    '币/../安',
    '..币安',
    '币'.repeat(64),
    'ドージ'.normalize('NFD'),
    'btcusdt',
    '.hidden',
    '-rf',
    '~root',
    'file:///etc/passwd',
    'a\r\nx-injected: 1',
    '',
  ),
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc
    .array(fc.constantFrom('.', '/', '\\', '%', '2e', '\0', 'A', '_', ':'), { maxLength: 12 })
    .map((parts) => parts.join('')),
);

test('no name that could leave its folder reaches the forecast service, by any route or spelling', async () => {
  const url = fc.constantFrom(
    (name: string) => ({ url: `/v1/predictions/${name}` }),
    (name: string) => ({ url: `/v1/models/${name}` }),
    (name: string) => ({ url: `/v1/models/${name}/versions/1` }),
    (name: string) => ({ url: `/v1/ledger/${name}/record` }),
    (name: string) => ({ url: `/v1/ledger?name=${name}` }),
    (name: string) => ({ url: `/v1/candles?interval=1h&symbol=${name}` }),
    (name: string) => ({ url: `/v1/candles?interval=1h&symbol=BTCUSDT&source=${name}` }),
    (name: string) => ({ url: `/v1/jobs/${name}` }),
    (name: string) => ({ url: `/v2/models/${name}/ready` }),
    (name: string) => ({ method: 'POST' as const, url: `/v1/models/${name}/rollback`, payload: {} }),
    (name: string) => ({ method: 'POST' as const, url: `/v1/jobs/${name}/cancel`, payload: {} }),
    (name: string) => ({ method: 'POST' as const, url: '/v1/retrain', payload: { names: [decodeSafely(name)] } }),
  );
  await fc.assert(
    fc.asyncProperty(hostile, url, fc.boolean(), async (name, make, isEncoded) => {
      const spelled = isEncoded ? encodeSafely(name) : encodeURI(toWellFormed(name));
      const answer = await server.app.inject(make(spelled));
      expect(answer.statusCode).toBeLessThan(500);
      expect(answer.headers['x-injected']).toBeUndefined();
    }),
    { numRuns: RUNS },
  );
  expect(seen.length).toBeGreaterThan(0);
  expect(seen.filter((name) => !NAME.test(name))).toEqual([]);
});

function toWellFormed(text: string): string {
  return text.replaceAll(/[\ud800-\udfff]/g, '_');
}

function encodeSafely(text: string): string {
  return encodeURIComponent(toWellFormed(text));
}

function decodeSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
