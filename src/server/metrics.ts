/** What Prometheus reads at `/metrics`: a registry of its own for every server, so that two in one process do not meet. */

import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { FastifyInstance } from 'fastify';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ForecastService } from '../ports/forecast-service.js';
import { jobStateSchema, modelHealthSchema } from '../wire/wire.js';
import type { EventStreams } from './event-streams.js';

const DURATION_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
const NANOSECONDS = 1e9;

export interface ServerMetrics {
  text(): Promise<string>;
  readonly contentType: string;
  close(): void;
}

/** Measures every request of `app` and reads the rest from the forecast service when it is asked. */
export function addMetrics(app: FastifyInstance, service: ForecastService, streams: EventStreams): ServerMetrics {
  const registry = new Registry();
  const registers = [registry];

  const durations = new Histogram({
    name: 'tradeai_http_request_duration_seconds',
    help: 'Time from request to answer, by route',
    labelNames: ['method', 'route', 'status'],
    buckets: DURATION_BUCKETS,
    registers,
  });
  const served = new Counter({
    name: 'tradeai_predictions_served_total',
    help: 'Answers of GET /v1/predictions/{name} with a forecast',
    registers,
  });
  // Labels are looked up once a route and status: the fast route is measured too.
  const known = new Map<string, { observe(seconds: number): void }>();
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    const key = `${request.method} ${route} ${reply.statusCode}`;
    let child = known.get(key);
    if (child === undefined) {
      child = durations.labels(request.method, route, String(reply.statusCode));
      known.set(key, child);
    }
    child.observe(reply.elapsedTime / 1_000);
    if (route === '/v1/predictions/:name' && reply.statusCode < 400) served.inc();
    done();
  });

  const events = new Counter({
    name: 'tradeai_events_total',
    help: 'Events of the forecast service, by kind',
    labelNames: ['kind'],
    registers,
  });
  const unsubscribe = service.subscribe(({ kind }) => events.inc({ kind }));

  addServiceGauges(service, registers);
  new Gauge({
    name: 'tradeai_event_streams',
    help: 'Open streams of events',
    registers,
    collect() {
      this.set(streams.count);
    },
  });
  new Gauge({
    name: 'tradeai_event_streams_dropped',
    help: 'Streams dropped because their client did not read, since the start',
    registers,
    collect() {
      this.set(streams.droppedCount);
    },
  });
  const stopProcessGauges = addProcessGauges(registers);

  return {
    text: () => registry.metrics(),
    contentType: registry.contentType,
    close() {
      unsubscribe();
      stopProcessGauges();
    },
  };
}

function addServiceGauges(service: ForecastService, registers: Registry[]): void {
  new Gauge({
    name: 'tradeai_ready',
    help: '1 when the start is done and any model has a fresh forecast',
    registers,
    collect() {
      this.set(Number(service.readiness().isReady));
    },
  });
  new Gauge({
    name: 'tradeai_refused_loads',
    help: 'Versions and pointers that were refused because they do not match their hashes, since the start',
    registers,
    collect() {
      this.set(service.status().refusedLoads);
    },
  });
  new Gauge({
    name: 'tradeai_jobs',
    help: 'Trainings, by state',
    labelNames: ['state'],
    registers,
    collect() {
      for (const state of jobStateSchema.options) this.set({ state }, 0);
      for (const { state } of service.jobs()) this.inc({ state });
    },
  });
  const ofModel = ['name'] as const;
  const modelGauge = (
    name: string,
    help: string,
    read: (model: ReturnType<ForecastService['models']>[number]) => number | null,
  ) =>
    new Gauge({
      name,
      help,
      labelNames: ofModel,
      registers,
      collect() {
        this.reset();
        for (const model of service.models()) {
          const value = read(model);
          if (value !== null) this.set({ name: model.name }, value);
        }
      },
    });
  modelGauge('tradeai_champion_version', 'The version that serves', ({ champion }) => champion?.version ?? null);
  modelGauge('tradeai_champion_created_seconds', 'When the champion was trained, seconds since 1970', ({ champion }) =>
    champion === null ? null : champion.createdAtMs / 1_000,
  );
  modelGauge('tradeai_candle_close_seconds', 'Close of the newest candle, seconds since 1970', ({ lastCandle }) =>
    lastCandle === null ? null : lastCandle.closeTimeMs / 1_000,
  );
  modelGauge(
    'tradeai_forecasts_missed',
    'Candles that came too late, or too soon after a gap, to be forecast, since the start',
    ({ missedForecasts }) => missedForecasts,
  );
  modelGauge(
    'tradeai_forecast_fresh',
    '1 when the newest forecast is neither stale nor of a candle in the future',
    ({ isFresh }) => Number(isFresh),
  );
  modelGauge(
    'tradeai_ledger_scored',
    'Served forecasts whose outcome is known',
    ({ record }) => record?.scored ?? null,
  );
  modelGauge(
    'tradeai_ledger_hit_rate',
    'Share of them with the right direction',
    ({ record }) => record?.hitRate ?? null,
  );
  modelGauge(
    'tradeai_ledger_interval_coverage',
    'Share of them inside their 80 % interval',
    ({ record }) => record?.intervalCoverage ?? null,
  );
  modelGauge('tradeai_drifting', '1 when the record is significantly below the report', ({ record }) =>
    record === null ? null : Number(record.drift.isDrifting),
  );
  new Gauge({
    name: 'tradeai_model_health',
    help: '1 for the health a model has, 0 for the others',
    labelNames: ['name', 'health'],
    registers,
    collect() {
      this.reset();
      for (const { name, health } of service.models()) {
        for (const option of modelHealthSchema.options) this.set({ name, health: option }, Number(option === health));
      }
    },
  });
}

function addProcessGauges(registers: Registry[]): () => void {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory',
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Gauge({
    name: 'process_cpu_seconds_total',
    help: 'Processor time of user and system',
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.set((user + system) / 1e6);
    },
  });
  new Gauge({
    name: 'process_start_time_seconds',
    help: 'Start of the process, seconds since 1970',
    registers,
  }).set(Date.now() / 1_000 - process.uptime());
  new Gauge({
    name: 'nodejs_eventloop_delay_p99_seconds',
    help: 'How late timers were since the last reading, 99th percentile',
    registers,
    collect() {
      this.set(delay.percentile(99) / NANOSECONDS);
      delay.reset();
    },
  });
  return () => delay.disable();
}
