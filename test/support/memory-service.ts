/**
 * A service whose content is made from simulated candles when it is opened, for tests of the routes and pictures of the
 * dashboard. It keeps every promise of the interface but durability: promotions, jobs and events are real, trainings
 * are losses that fall by formula.
 */

import { TradeAiError } from '../../src/core/errors.js';
import { closeTimeMs, rowCountOf } from '../../src/market/candle-series.js';
import { INTERVAL_MS } from '../../src/market/interval.js';
import type { ForecastService, ServedPrediction } from '../../src/ports/forecast-service.js';
import type { ForwardRecordAnswer, ModelSummary, ServerEvent, VersionSummary } from '../../src/wire/wire.js';
import { type MemoryJobs, openMemoryJobs } from './memory-jobs.js';
import {
  MEMORY_FEATURES,
  MEMORY_WINDOW_ROWS,
  type MemoryModel,
  type MemoryModelPlan,
  makeMemoryModel,
  toPrediction,
} from './memory-market.js';
import { makeMemoryRecord } from './memory-record.js';
import { makeReportData } from './report-data.js';

const SYMBOLS =
  'BTC ETH SOL BNB XRP ADA DOGE AVAX LINK DOT LTC TRX TON SHIB BCH NEAR UNI APT ICP ETC XLM ATOM FIL HBAR INJ OP ARB IMX VET MKR GRT AAVE ALGO QNT EGLD FLOW SAND MANA AXS THETA FTM EOS XTZ RUNE NEO KAVA ZEC DASH CHZ ENJ'.split(
    ' ',
  );
const DAY_ROWS = 24;
const RECENT_CLOSES = 48;
const SECOND_MS = 1_000;

export interface MemoryServiceOptions {
  /** How many symbols, at most 50. */
  readonly symbolCount?: number;
  /** Candles of the first symbol; the others have a fifth of it. */
  readonly rowCount?: number;
  /** The present; fixed, so that pictures are the same every time. */
  readonly nowMs?: number;
  readonly needsToken?: boolean;
  /** Whether health differs between the models, so that every state can be seen. */
  readonly hasTroubles?: boolean;
  /** Milliseconds between two epochs of a job. */
  readonly epochMs?: number;
}

export interface MemoryService extends ForecastService {
  /** Sends an event to every listener. */
  emit(event: ServerEvent): void;
  /** Every `periodMs` a tick: the newest forecast of one model is told again. */
  play(periodMs: number): void;
  setReady(isReady: boolean): void;
  readonly isStopped: boolean;
}

/** @example const service = openMemoryService({ symbolCount: 3 }); */
export function openMemoryService(options: MemoryServiceOptions = {}): MemoryService {
  const nowMs = options.nowMs ?? Date.UTC(2026, 5, 1, 12, 20);
  const models = new Map<string, MemoryModel>();
  for (const plan of planModels(options)) {
    const model = makeMemoryModel(plan, nowMs);
    models.set(model.name, model);
  }
  const listeners = new Set<(event: ServerEvent) => void>();
  const emit = (event: ServerEvent) => {
    for (const listener of listeners) listener(event);
  };
  const jobs: MemoryJobs = openMemoryJobs({ nowMs, epochMs: options.epochMs ?? 400, emit });
  const served = new Map<string, ServedPrediction>();
  let isReady = true;
  let isStopped = false;
  let ticker: NodeJS.Timeout | undefined;

  const find = (name: string): MemoryModel => {
    const model = models.get(name);
    if (model !== undefined) return model;
    throw new TradeAiError('MODEL_NOT_FOUND', `there is no model ${name}`, {
      hint: `models: ${[...models.keys()].slice(0, 5).join(', ')}`,
    });
  };
  const findVersion = (model: MemoryModel, version: number | undefined): VersionSummary => {
    const found = model.versions.find((entry) =>
      version === undefined ? entry.isChampion : entry.version === version,
    );
    if (found !== undefined) return found;
    const what = version === undefined ? 'a champion' : `version ${version}`;
    throw new TradeAiError('MODEL_NOT_FOUND', `${model.name} does not have ${what}`);
  };
  const records = new Map<string, ForwardRecordAnswer>();
  const recordOf = (model: MemoryModel, version: VersionSummary): ForwardRecordAnswer => {
    const key = `${model.name} ${version.version} ${version.isShadow} ${version.isChampion}`;
    const role = version.isShadow ? 'shadow' : 'champion';
    const isDrifting = model.plan.health === 'drifting' && version.isChampion;
    const record = records.get(key) ?? makeMemoryRecord(model.name, version, role, model.entries, isDrifting);
    records.set(key, record);
    return record;
  };
  const predict = (model: MemoryModel): ServedPrediction => {
    const known = served.get(model.name);
    const champion = findVersion(model, undefined);
    if (known !== undefined && known.prediction.version === champion.version) return known;
    const entry = model.entries.findLast(({ role }) => role === 'champion')!;
    const prediction = toPrediction(model, { ...entry, version: champion.version });
    const made = { prediction, json: Buffer.from(JSON.stringify(prediction)) };
    served.set(model.name, made);
    return made;
  };
  const summarise = (model: MemoryModel): ModelSummary => summariseModel(model, nowMs, predict, recordOf);
  const makeChampion = (model: MemoryModel, target: VersionSummary, expected: number | undefined, reason: string) => {
    if (expected !== undefined && expected !== model.generation) {
      throw new TradeAiError(
        'VERSION_CONFLICT',
        `${model.name}: generation ${expected} expected, it was ${model.generation}`,
        { hint: 'somebody else has changed the champion; look again and repeat' },
      );
    }
    if (!target.isIntact) {
      throw new TradeAiError('MODEL_CORRUPT', `${model.name} version ${target.version}: ${target.problem}`);
    }
    const previous = model.versions.find(({ isChampion }) => isChampion);
    model.versions.splice(
      0,
      model.versions.length,
      ...model.versions.map((version) => ({
        ...version,
        isChampion: version.version === target.version,
        isPrevious: version.version === previous?.version && previous.version !== target.version,
        isShadow: false,
      })),
    );
    model.generation += 1;
    model.promotedAtMs = nowMs;
    emit({
      kind: 'promotion',
      atMs: nowMs,
      name: model.name,
      version: target.version,
      previousVersion: previous?.version ?? null,
      reasons: [reason],
    });
    return summarise(model);
  };

  return {
    async start() {
      isReady = true;
    },
    async stop() {
      isStopped = true;
      clearInterval(ticker);
      jobs.stop();
    },
    get isStopped() {
      return isStopped;
    },
    readiness: () => ({ isReady, reasons: isReady ? [] : ['BTCUSDT: no forecast yet'] }),
    status: () => ({
      version: '0.1.0',
      startedAtMs: nowMs - 3 * INTERVAL_MS['1d'],
      nowMs,
      needsToken: options.needsToken ?? false,
      modelCount: models.size,
      isDemo: true,
      schedule: { retrain: '17 3 * * * (UTC)', nextMs: nowMs + 9 * INTERVAL_MS['1h'] },
      clockOffsetMs: 12,
      refusedLoads: 0,
    }),
    prediction: (name) => predict(find(name)),
    async infer(name, version, inputs, batchRows) {
      const found = findVersion(find(name), version);
      const rowLength = inputs.length / batchRows;
      // Any fixed function of the window will do: the first column's last value, squashed.
      const scores = Float64Array.from({ length: batchRows }, (_, row) =>
        Math.tanh(inputs[(row + 1) * rowLength - MEMORY_FEATURES.length]),
      );
      return { version: found.version, scores };
    },
    modelShape: (name, version) => ({
      version: findVersion(find(name), version).version,
      windowRows: MEMORY_WINDOW_ROWS,
      featureNames: MEMORY_FEATURES,
    }),
    models: () => [...models.values()].map(summarise),
    async model(name) {
      const model = find(name);
      return { summary: summarise(model), versions: [...model.versions].reverse() };
    },
    async version(name, version) {
      const model = find(name);
      const summary = findVersion(model, version);
      const report = makeReportData({
        name,
        symbol: model.plan.symbol,
        interval: model.plan.interval,
        version,
        verdict: summary.verdict,
        createdAtMs: summary.createdAtMs,
      });
      return { summary, report: { ...report } };
    },
    async candles({ symbol, interval, source, fromMs = 0, toMs = Number.POSITIVE_INFINITY, limit }) {
      const model = [...models.values()].find(
        ({ plan }) => plan.symbol === symbol && plan.interval === interval && (source ?? 'demo') === 'demo',
      );
      if (model === undefined) throw new TradeAiError('CANDLES_NOT_FOUND', `no candles of ${symbol} ${interval}`);
      const { series } = model;
      const end = series.openTimeMs.findLastIndex((timeMs) => timeMs < toMs) + 1;
      const first = series.openTimeMs.findIndex((timeMs) => timeMs >= fromMs);
      const start = first === -1 ? end : Math.max(first, end - limit);
      const column = (values: Float64Array) => Array.from(values.subarray(start, end));
      return {
        symbol,
        interval,
        source: 'demo',
        openTimeMs: column(series.openTimeMs),
        open: column(series.open),
        high: column(series.high),
        low: column(series.low),
        close: column(series.close),
        volume: column(series.volume),
      };
    },
    async ledger({ name, version, beforeMs = Number.POSITIVE_INFINITY, limit }) {
      const all = find(name).entries.filter(
        (entry) => entry.asOfMs < beforeMs && (version === undefined || entry.version === version),
      );
      const entries = all.slice(-limit).reverse();
      return { entries, nextBeforeMs: all.length > limit ? entries.at(-1)!.asOfMs : null, problems: [] };
    },
    async record(name, version) {
      const model = find(name);
      return recordOf(model, findVersion(model, version));
    },
    async dataHealth() {
      return [...models.values()].map((model) => describeData(model, nowMs));
    },
    jobs: () => jobs.list(),
    job: (id) => jobs.find(id),
    async retrain(names, trigger) {
      return (names ?? [...models.keys()]).map((name) => jobs.queue(find(name).name, trigger));
    },
    cancel: async (id) => jobs.cancel(id),
    async promote(name, { version, expectedGeneration }) {
      const model = find(name);
      return makeChampion(model, findVersion(model, version), expectedGeneration, 'promoted by request');
    },
    async rollback(name, { expectedGeneration }) {
      const model = find(name);
      const previous = model.versions.find(({ isPrevious }) => isPrevious);
      if (previous === undefined) {
        throw new TradeAiError('MODEL_NOT_FOUND', `${name} has had no champion before this one`);
      }
      return makeChampion(model, previous, expectedGeneration, 'rolled back by request');
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    emit,
    setReady(value) {
      isReady = value;
    },
    play(periodMs) {
      let tick = 0;
      const playing = [...models.values()].filter(({ entries }) => entries.length > 0);
      ticker = setInterval(() => {
        const model = playing[tick++ % playing.length];
        const last = rowCountOf(model.series) - 1;
        emit({
          kind: 'candle',
          atMs: Date.now(),
          symbol: model.plan.symbol,
          interval: model.plan.interval,
          source: 'demo',
          openTimeMs: model.series.openTimeMs[last],
          close: model.series.close[last],
        });
        emit({ kind: 'prediction', atMs: Date.now(), prediction: predict(model).prediction });
      }, periodMs);
    },
  };
}

function planModels({
  symbolCount = 6,
  rowCount = 10_000,
  hasTroubles = true,
}: MemoryServiceOptions): MemoryModelPlan[] {
  const troubles: [MemoryModelPlan['health'], string][] = [
    ['drifting', 'the forward record is significantly below the report (p = 0.0008)'],
    ['stale-data', 'the last closed candle is 9 candles old: the exchange did not answer since 02:20'],
    ['no-champion', 'no version has been promoted'],
    ['stale-model', 'the champion is 41 days old'],
    ['held', 'demoted to HOLD: the forward record is below the report'],
    ['error', 'version 4: weights.safetensors does not match its manifest; version 3 goes on serving'],
  ];
  return SYMBOLS.slice(0, symbolCount).map((base, i) => {
    const trouble = hasTroubles && i >= 2 ? troubles[i - 2] : undefined;
    return {
      symbol: `${base}USDT`,
      interval: '1h',
      rowCount: i === 0 ? rowCount : Math.max(200, Math.round(rowCount / 5)),
      health: trouble?.[0] ?? 'ok',
      problem: trouble?.[1] ?? null,
      seed: i + 1,
    };
  });
}

function summariseModel(
  model: MemoryModel,
  nowMs: number,
  predict: (model: MemoryModel) => ServedPrediction,
  recordOf: (model: MemoryModel, version: VersionSummary) => ForwardRecordAnswer,
): ModelSummary {
  const { series, plan } = model;
  const champion = model.versions.find(({ isChampion }) => isChampion);
  const last = rowCountOf(series) - 1;
  return {
    name: model.name,
    symbol: plan.symbol,
    interval: plan.interval,
    source: 'demo',
    champion:
      champion === undefined
        ? null
        : {
            version: champion.version,
            generation: model.generation,
            promotedAtMs: model.promotedAtMs,
            createdAtMs: champion.createdAtMs,
            verdict: champion.verdict,
            reasons:
              champion.verdict === 'skill'
                ? ['skill: better than predicting no change by more than chance explains (p = 0.004)']
                : ['no demonstrated skill: not better than predicting no change (p = 0.31)'],
          },
    shadowVersion: model.versions.find(({ isShadow }) => isShadow)?.version ?? null,
    versionCount: model.versions.length,
    prediction: champion === undefined ? null : predict(model).prediction,
    lastCandle: {
      openTimeMs: series.openTimeMs[last],
      closeTimeMs: closeTimeMs(series, last),
      close: series.close[last],
      change24h: last < DAY_ROWS ? null : series.close[last] / series.close[last - DAY_ROWS] - 1,
    },
    recentCloses: Array.from(series.close.subarray(-RECENT_CLOSES)),
    record: champion === undefined ? null : pickRecord(recordOf(model, champion)),
    health: plan.health,
    problem: plan.problem,
    nextRetrainMs: nowMs + 9 * INTERVAL_MS['1h'],
  };
}

function pickRecord({ scored, hitRate, hitRateCi95, ic, intervalCoverage, drift }: ForwardRecordAnswer) {
  return { scored, hitRate, hitRateCi95, ic, intervalCoverage, drift };
}

function describeData({ plan, series }: MemoryModel, nowMs: number) {
  const last = rowCountOf(series) - 1;
  const hasGap = plan.seed % 3 === 0;
  return {
    symbol: plan.symbol,
    interval: plan.interval,
    source: 'demo',
    rowCount: last + 1,
    firstOpenTimeMs: series.openTimeMs[0],
    lastOpenTimeMs: series.openTimeMs[last],
    sizeBytes: (last + 1) * 41,
    ageIntervals: (nowMs - closeTimeMs(series, last)) / INTERVAL_MS[plan.interval],
    missingShare: hasGap ? 11 / (last + 12) : 0,
    gapCount: hasGap ? 3 : 0,
    findings: hasGap
      ? [
          {
            code: 'GAPS',
            severity: 'info' as const,
            message: '3 gaps, 11 candles missing; the longest is 7 candles',
            timesMs: [series.openTimeMs[40], series.openTimeMs[90], series.openTimeMs[140]],
          },
        ]
      : [],
    lastUpdate: {
      atMs: nowMs - 90 * SECOND_MS,
      addedRows: 1,
      revisedRows: 0,
      problem: plan.health === 'stale-data' ? 'api.binance.com did not answer within 10 s' : null,
    },
  };
}
