import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MemoryService, openMemoryService } from '../../test/support/memory-service.js';
import * as wire from '../wire/wire.js';
import { createServer, type Server } from './server.js';

let service: MemoryService;
let server: Server;

beforeAll(async () => {
  service = await openMemoryService({ symbolCount: 8, rowCount: 2_000, epochMs: 5 });
  server = await createServer({ service });
});
afterAll(async () => {
  await server.app.close();
  await service.stop();
});

const get = (url: string, headers: Record<string, string> = {}) => server.app.inject({ url, headers });
const post = (url: string, payload: object = {}) => server.app.inject({ method: 'POST', url, payload });

describe('answers', () => {
  test.each([
    ['/v1/status', wire.statusSchema],
    ['/v1/models', wire.modelSummarySchema.array()],
    ['/v1/models/BTCUSDT', wire.modelDetailSchema],
    ['/v1/models/BTCUSDT/versions/1', wire.versionDetailSchema],
    ['/v1/predictions', wire.predictionSchema.array()],
    ['/v1/predictions/BTCUSDT', wire.predictionSchema],
    ['/v1/candles?symbol=BTCUSDT&interval=1h&limit=3', wire.candlesSchema],
    ['/v1/ledger?name=BTCUSDT&limit=5', wire.ledgerPageSchema],
    ['/v1/ledger/SOLUSDT/record', wire.trackRecordSchema],
    ['/v1/data', wire.dataHealthSchema.array()],
    ['/v1/jobs', wire.jobSchema.array()],
    ['/v1/jobs/1', wire.jobSchema],
  ])('%s has the shape of the wire', async (url, schema) => {
    const answer = await get(url);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(schema.safeParse(answer.json()).error).toBeUndefined();
  });

  test('what is about a model says version and close of the candle in its headers', async () => {
    const { prediction } = service.prediction('BTCUSDT');
    const own = { version: String(prediction.version), asOf: String(prediction.asOfMs) };
    const read = async (url: string) => {
      const { headers } = await get(url);
      return { version: headers['x-tradeai-version'], asOf: headers['x-tradeai-as-of'] };
    };
    expect(await read('/v1/predictions/BTCUSDT')).toEqual(own);
    expect(await read('/v1/models/BTCUSDT')).toEqual(own);
    expect((await read('/v1/ledger/BTCUSDT/record')).version).toBe(own.version);
    expect((await read('/v1/candles?symbol=BTCUSDT&interval=1h')).asOf).toBe(own.asOf);
  });

  test('a forecast is sent as the very bytes of the forecast service', async () => {
    const answer = await get('/v1/predictions/BTCUSDT');
    expect(answer.rawPayload.equals(service.prediction('BTCUSDT').json)).toBe(true);
  });

  test('a forecast that is known already is not sent again', async () => {
    const first = await get('/v1/predictions/BTCUSDT');
    const second = await get('/v1/predictions/BTCUSDT', { 'if-none-match': String(first.headers.etag) });
    expect([second.statusCode, second.body]).toEqual([304, '']);
    const other = await get('/v1/predictions/BTCUSDT', { 'if-none-match': '"0-0-HOLD"' });
    expect(other.statusCode).toBe(200);
  });

  test('pages of the ledger follow each other without hole or overlap', async () => {
    const first = (await get('/v1/ledger?name=BTCUSDT&version=2&limit=10')).json();
    const next = (await get(`/v1/ledger?name=BTCUSDT&version=2&limit=10&beforeMs=${first.nextBeforeMs}`)).json();
    const times = [...first.entries, ...next.entries].map((entry: { asOfMs: number }) => entry.asOfMs);
    expect(times).toHaveLength(20);
    for (let i = 1; i < times.length; i++) expect(times[i - 1] - times[i]).toBe(3_600_000);
  });
});

describe('changes', () => {
  test('a promotion with a stale generation is refused with 409, and one with the right generation is done', async () => {
    const before = (await get('/v1/models/ETHUSDT')).json();
    const { generation } = before.summary.champion;
    const target = before.versions.find((version: wire.VersionSummary) => !version.isChampion && version.isIntact);
    const stale = await post('/v1/models/ETHUSDT/promote', {
      version: target.version,
      expectedGeneration: generation - 1,
    });
    expect([stale.statusCode, stale.json().error.code]).toEqual([409, 'VERSION_CONFLICT']);
    const done = await post('/v1/models/ETHUSDT/promote', { version: target.version, expectedGeneration: generation });
    expect(done.json().champion.version).toBe(target.version);
    expect((await get('/v1/predictions/ETHUSDT')).json().version).toBe(target.version);
    const back = await post('/v1/models/ETHUSDT/rollback');
    expect(back.json().champion.version).toBe(before.summary.champion.version);
  });

  test('a training is queued once, can be looked at, and cancelled', async () => {
    const queued = await post('/v1/retrain', { names: ['SOLUSDT'] });
    expect(queued.statusCode).toBe(202);
    const [{ id }] = queued.json();
    expect((await post('/v1/retrain', { names: ['SOLUSDT'] })).json()[0].id).toBe(id);
    expect((await post(`/v1/jobs/${id}/cancel`)).json().state).toBe('cancelled');
    expect((await get(`/v1/jobs/${id}`)).json().state).toBe('cancelled');
  });
});

describe('errors', () => {
  test.each([
    ['/v1/predictions/NOPE', 404, 'MODEL_NOT_FOUND'],
    ['/v1/predictions/BNBUSDT/more', 404, 'ROUTE_NOT_FOUND'],
    ['/v1/jobs/nothing', 404, 'JOB_NOT_FOUND'],
    ['/v1/candles?symbol=XUSDT&interval=1h', 404, 'CANDLES_NOT_FOUND'],
    ['/v1/candles?symbol=BTCUSDT&interval=2w', 400, 'USAGE'],
    ['/v1/status?x=1', 400, 'USAGE'],
  ])('%s is %i %s', async (url, status, code) => {
    const answer = await get(url);
    expect(answer.statusCode).toBe(status);
    const { error } = wire.errorSchema.parse(answer.json());
    expect(error.code).toBe(code);
    expect(error.requestId).toBe(answer.headers['x-request-id']);
  });

  test('a version that does not match its hashes is not promoted', async () => {
    const { versions } = (await get('/v1/models/AVAXUSDT')).json();
    const all = await Promise.all(
      service.models().map(async ({ name }) => ({ name, detail: (await get(`/v1/models/${name}`)).json() })),
    );
    const broken = all
      .flatMap(({ name, detail }) => detail.versions.map((version: wire.VersionSummary) => ({ name, version })))
      .find(({ version }) => !version.isIntact);
    expect(versions.length).toBeGreaterThan(0);
    const answer = await post(`/v1/models/${broken!.name}/promote`, { version: broken!.version.version });
    expect([answer.statusCode, answer.json().error.code]).toEqual([500, 'MODEL_CORRUPT']);
  });
});

describe('the Open Inference Protocol', () => {
  const window = (rows: number) => ({
    inputs: [{ name: 'window', datatype: 'FP64', shape: [rows, 24, 7], data: new Array(rows * 24 * 7).fill(0.5) }],
  });

  test('runs a model on rows of the caller, flat or nested', async () => {
    const flat = await post('/v2/models/BTCUSDT/infer', { id: 'a', ...window(2) });
    expect(flat.json()).toMatchObject({
      model_name: 'BTCUSDT',
      model_version: '2',
      id: 'a',
      outputs: [{ name: 'score', datatype: 'FP64', shape: [2] }],
    });
    const nested = window(2);
    nested.inputs[0].data = [0, 1].map(() => Array.from({ length: 24 }, () => new Array(7).fill(0.5))) as never;
    expect((await post('/v2/models/BTCUSDT/infer', nested)).json().outputs).toEqual(flat.json().outputs);
  });

  test('names inputs and outputs, and a version by its path', async () => {
    const { inputs, outputs, parameters } = (await get('/v2/models/BTCUSDT')).json();
    expect(inputs).toEqual([{ name: 'window', datatype: 'FP64', shape: [-1, 24, 7] }]);
    expect(outputs).toEqual([{ name: 'score', datatype: 'FP64', shape: [-1] }]);
    expect(parameters.feature_names).toHaveLength(7);
    expect((await get('/v2/models/BTCUSDT/versions/3')).json().versions).toEqual(['3']);
    expect((await get('/v2/models/BTCUSDT/ready')).json()).toEqual({ name: 'BTCUSDT', ready: true });
    expect((await get('/v2')).json().name).toBe('tradeai');
  });

  test.each([
    ['another shape', { shape: [1, 23, 7] }],
    ['too many rows', { shape: [257, 24, 7] }],
    ['too few values', { data: [1, 2, 3] }],
    ['a value that is no number', { data: new Array(168).fill('1') }],
    ['a null', { data: new Array(168).fill(null) }],
    ['integers', { datatype: 'INT32' }],
    ['another tensor', { name: 'x' }],
  ])('%s is refused with a text for an error', async (_what, change) => {
    const body = window(1);
    Object.assign(body.inputs[0], change);
    const answer = await post('/v2/models/BTCUSDT/infer', body);
    expect(answer.statusCode).toBe(400);
    expect(Object.keys(answer.json())).toEqual(['error']);
    expect(answer.json().error).toBeTypeOf('string');
  });

  test('as many rows as it says fit into a body, however long their numbers', async () => {
    const { max_rows: rows } = (await get('/v2/models/BTCUSDT')).json().parameters;
    expect(rows).toBe(256);
    const values = new Array(rows * 24 * 7).fill('-1.2345678901234567e-308').join(', ');
    const payload = JSON.stringify(window(rows)).replace(/"data":\[[^\]]*\]/, `"data":[${values}]`);
    const headers = { 'content-type': 'application/json' };
    const answer = await server.app.inject({ method: 'POST', url: '/v2/models/BTCUSDT/infer', payload, headers });
    expect([answer.statusCode, answer.json().outputs?.[0].data.length]).toEqual([200, 256]);
  });

  test('of a model whose row may be larger than a body, one row is taken', async () => {
    const limits = { inferBodyBytes: 24 * 7 * 20 };
    const small = await createServer({ service, settings: { limits } });
    const answer = await small.app.inject('/v2/models/BTCUSDT');
    expect(answer.json().parameters.max_rows).toBe(1);
    await small.app.close();
  });

  test('a number beyond float64 is refused', async () => {
    const payload = JSON.stringify(window(1)).replace('0.5', '1e309');
    const headers = { 'content-type': 'application/json' };
    const answer = await server.app.inject({ method: 'POST', url: '/v2/models/BTCUSDT/infer', payload, headers });
    expect(answer.statusCode).toBe(400);
  });
});

describe('the description', () => {
  test('is OpenAPI 3.1 and names every route but the hidden ones', async () => {
    const document = (await get('/openapi.json')).json();
    expect(document.openapi).toBe('3.1.0');
    const described = new Set(Object.keys(document.paths));
    const missing = server.routes
      .map(({ url }) => url.replaceAll(/:(\w+)/g, '{$1}'))
      .filter((url) => !described.has(url));
    expect(new Set(missing)).toEqual(new Set(['/openapi.json', '/docs', '/docs/style.css', '/docs/icon.svg', '/']));
    expect(document.paths['/v1/predictions/{name}'].get.responses['200'].content['application/json'].schema).toEqual({
      $ref: '#/components/schemas/Prediction',
    });
    expect(
      document.paths['/v1/candles'].get.parameters.find((p: { name: string }) => p.name === 'limit').schema,
    ).toMatchObject({ type: 'integer', minimum: 1, maximum: 10_000 });
    expect(document.paths['/healthz'].get.security).toEqual([]);
  });

  test('every reference in it leads somewhere', async () => {
    const text = (await get('/openapi.json')).body;
    const { components } = JSON.parse(text);
    const names = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map((match) => match[1]);
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !(name in components.schemas))).toEqual([]);
  });

  test('is a page without script or inline style', async () => {
    const page = await get('/docs');
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.body).not.toMatch(/<script|<style|style=|javascript:| on\w+=/i);
    for (const route of ['/v1/predictions/{name}', '/v1/events', '/v2/models/{name}/infer']) {
      expect(page.body).toContain(route);
    }
  });
});

test('figures for Prometheus tell requests, forecasts, jobs, candles and the ledger', async () => {
  await get('/v1/predictions/BTCUSDT');
  const text = (await get('/metrics')).body;
  expect(text).toMatch(/tradeai_http_request_duration_seconds_count\{[^}]*route="\/v1\/predictions\/:name"[^}]*\} \d+/);
  expect(text).toMatch(/tradeai_predictions_served_total [1-9]/);
  expect(text).toMatch(/tradeai_jobs\{state="done"\} \d/);
  expect(text).toMatch(/tradeai_candle_close_seconds\{name="BTCUSDT"\} \d{10}/);
  expect(text).toMatch(/tradeai_ledger_hit_rate\{name="BTCUSDT"\} 0\.\d+/);
  expect(text).toMatch(/tradeai_drifting\{name="SOLUSDT"\} 1/);
  expect(text).toMatch(/tradeai_refused_loads 1/);
});

test('without a built dashboard the first page says how to build it', async () => {
  const page = await get('/');
  expect(page.statusCode).toBe(200);
  expect(page.body).toContain('npm run build');
});

test('a stale forecast says so by every way out of the server', async () => {
  const { prediction } = service.prediction('BNBUSDT');
  expect([prediction.signal, prediction.warnings[0]]).toEqual(['HOLD', expect.stringContaining('about the past')]);
  const read = async (url: string) => {
    const { headers, body } = await get(url);
    return { stale: headers['x-tradeai-stale'], expires: headers['x-tradeai-expires'], body: JSON.parse(body) };
  };
  const expires = String(prediction.expiresAtMs);
  expect(await read('/v1/predictions/BNBUSDT')).toEqual({ stale: 'true', expires, body: prediction });
  expect((await read('/v1/predictions')).body).toContainEqual(prediction);
  const summary = { health: 'stale-data', isFresh: false, prediction };
  expect(await read('/v1/models/BNBUSDT')).toMatchObject({ stale: 'true', body: { summary } });
  expect((await read('/v1/models')).body).toContainEqual(expect.objectContaining(summary));
  const known = await get('/v1/predictions/BNBUSDT', {
    'if-none-match': String((await get('/v1/predictions/BNBUSDT')).headers.etag),
  });
  expect([known.statusCode, known.headers['x-tradeai-stale']]).toEqual([304, 'true']);
  for (const path of ['/v2/models/BNBUSDT', `/v2/models/BNBUSDT/versions/${prediction.version}`]) {
    const ready = await get(`${path}/ready`);
    expect([ready.statusCode, ready.json()]).toEqual([503, { name: 'BNBUSDT', ready: false }]);
  }
  const text = (await get('/metrics')).body;
  expect(text).toMatch(/tradeai_forecast_fresh\{name="BNBUSDT"\} 0/);
  expect(text).toMatch(/tradeai_forecast_fresh\{name="BTCUSDT"\} 1/);
  expect((await read('/v1/predictions/BTCUSDT')).stale).toBeUndefined();
});

test('readiness names the models that cannot forecast, to those who may know', async () => {
  const unready = service.models().flatMap(({ name, problem, isFresh }) => (isFresh ? [] : [{ name, problem }]));
  expect(unready.map(({ name }) => name)).toEqual(['BNBUSDT', 'DOGEUSDT', 'XRPUSDT']);
  expect((await get('/readyz')).json()).toEqual({ status: 'ready', unready });
  const guarded = await createServer({ service, settings: { token: 'correct-horse-battery-staple' } });
  const ask = async (headers = {}) => (await guarded.app.inject({ url: '/readyz', headers })).json();
  expect(await ask()).toEqual({ status: 'ready' });
  expect(await ask({ authorization: 'Bearer another' })).toEqual({ status: 'ready' });
  expect(await ask({ authorization: 'Bearer correct-horse-battery-staple' })).toEqual({ status: 'ready', unready });
  await guarded.app.close();
});

test('readiness follows the forecast service', async () => {
  expect((await get('/readyz')).statusCode).toBe(200);
  service.setReady(false);
  expect([(await get('/readyz')).statusCode, (await get('/v2/health/ready')).json()]).toEqual([503, { ready: false }]);
  expect((await get('/healthz')).statusCode).toBe(200);
  service.setReady(true);
});
