/** The HTTP server as a value: routes, guard, errors, log and metrics put together. It listens to nothing by itself. */

import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Logger } from 'pino';
import type { ForecastService } from '../ports/forecast-service.js';
import { createBearerCheck } from './access-token.js';
import type { RouteContext } from './api.js';
import { addBrokenRequests, type BrokenRequestContext, createBrokenRequestAnswer } from './broken-requests.js';
import { createClientNames, createRateLimit } from './clients.js';
import { type Connections, watchConnections } from './connections.js';
import { addDashboardFiles } from './dashboard-files.js';
import { addDataRoutes } from './data-routes.js';
import { type ApiDocument, addDocsPage } from './docs-page.js';
import { addErrorAnswers, sendFailure } from './error-answers.js';
import { addEventRoutes } from './event-routes.js';
import { openEventStreams } from './event-streams.js';
import { addGuard } from './guard.js';
import { addHealthRoutes } from './health-routes.js';
import { isLoopbackHost, readTarget } from './host-allow-list.js';
import { addJobRoutes } from './job-routes.js';
import { addJsonBody } from './json-body.js';
import { addKserveRoutes } from './kserve-routes.js';
import { DEFAULT_LIMITS, type ServerLimits } from './limits.js';
import { addMetrics } from './metrics.js';
import { addModelRoutes } from './model-routes.js';
import { addOpenApi } from './openapi.js';
import { addPredictionRoutes } from './prediction-routes.js';
import { createRequestIds } from './request-ids.js';
import { addRequestLog } from './request-log.js';
import { createServerLog } from './server-log.js';

export interface ServerSettings {
  /** The address that is listened on. */
  readonly host?: string;
  /** Further names that `Host` may have. */
  readonly allowedHosts?: readonly string[];
  /** Addresses and networks whose connections are of many clients. */
  readonly trustedProxies?: readonly string[];
  /** Everything but health and static files is refused without it; see `readAccessToken`. */
  readonly token?: string;
  /** The built dashboard. */
  readonly dashboardFolder?: string;
  readonly limits?: Partial<ServerLimits>;
}

export interface ServerParts {
  readonly service: ForecastService;
  readonly settings?: ServerSettings;
  readonly log?: Logger;
}

export interface Server {
  readonly app: FastifyInstance;
  readonly limits: ServerLimits;
  /** Every route there is, as the router has it. */
  readonly routes: readonly { readonly method: string; readonly url: string; readonly isPublic: boolean }[];
  /** From now on new requests are answered 503, and streams are ended. */
  drain(): void;
}

/**
 * Builds the server.
 *
 * @example const { app } = await createServer({ service }); await app.inject('/healthz')
 */
export async function createServer({ service, settings = {}, log }: ServerParts): Promise<Server> {
  const limits = { ...DEFAULT_LIMITS, ...settings.limits };
  let isDraining = false;
  const host = settings.host ?? '127.0.0.1';
  const logger: FastifyBaseLogger = log ?? createServerLog({ level: 'silent' });
  const createRequestId = createRequestIds();
  let connections: Connections;
  const broken: BrokenRequestContext = { connections: () => connections, createRequestId, log: logger };
  const app: FastifyInstance = fastify({
    // Lines are written by `addRequestLog`; Fastify's own would repeat addresses as they came.
    loggerInstance: logger,
    childLoggerFactory: (parent) => parent,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: createRequestId,
    bodyLimit: limits.bodyBytes,
    routerOptions: { maxParamLength: 128 },
    rewriteUrl: ({ url }) => readTarget(url!).path,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveMs,
    forceCloseConnections: true,
    clientErrorHandler: createBrokenRequestAnswer(broken),
    frameworkErrors: (error, request, reply) =>
      sendFailure(error, request as FastifyRequest, reply as FastifyReply, logger),
    http: {
      // The guard says what is wrong with it.
      requireHostHeader: false,
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersTimeoutMs,
      connectionsCheckingInterval: Math.min(5_000, limits.headersTimeoutMs),
    },
  });
  const nameClient = createClientNames(settings.trustedProxies ?? []);
  connections = watchConnections(app.server, limits, nameClient);
  addBrokenRequests(app, broken);
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);

  const routes: Server['routes'][number][] = [];
  app.addHook('onRoute', ({ method, url, config }) => {
    for (const one of [method].flat()) routes.push({ method: one, url, isPublic: config?.isPublic === true });
  });

  const streams = openEventStreams(limits);
  const unsubscribe = service.subscribe((event) => streams.send(event));
  const context: RouteContext = {
    service,
    streams,
    limits,
    isDraining: () => isDraining,
    isAuthorised: createBearerCheck(settings.token),
  };

  addErrorAnswers(app);
  addRequestLog(app);
  addGuard(app, {
    host,
    allowedHosts: settings.allowedHosts ?? [],
    token: settings.token,
    isDraining: context.isDraining,
    rateLimit: isLoopbackHost(host) ? undefined : createRateLimit(limits.requestsPerMinute),
    nameClient,
  });
  addJsonBody(app);
  const metrics = addMetrics(app, service, streams);
  await addOpenApi(app, service.status().version);

  await app.register(async (plain) => {
    const api = plain.withTypeProvider<ZodTypeProvider>();
    addHealthRoutes(api, context);
    addPredictionRoutes(api, context);
    addModelRoutes(api, context);
    addDataRoutes(api, context);
    addJobRoutes(api, context);
    addEventRoutes(api, context);
    addKserveRoutes(api, context);
    addDocuments(plain);
    await addDashboardFiles(plain, settings.dashboardFolder);
  });
  app.addHook('onClose', async () => {
    streams.close();
    unsubscribe();
    metrics.close();
  });
  await app.ready();

  return {
    app,
    limits,
    routes,
    drain() {
      isDraining = true;
      streams.close();
    },
  };

  function addDocuments(plain: FastifyInstance): void {
    let json: string | undefined;
    plain.get('/openapi.json', { schema: { hide: true } as object }, (_request, reply) => {
      json ??= JSON.stringify(app.swagger());
      reply.type('application/json; charset=utf-8').send(json);
    });
    addDocsPage(plain, () => app.swagger() as unknown as ApiDocument);
    plain.get(
      '/metrics',
      { schema: { tags: ['server'], summary: 'Figures for Prometheus, as text' } as object },
      async (_request, reply) => {
        reply.type(metrics.contentType);
        return metrics.text();
      },
    );
  }
}
