import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readWorkspaceConfig } from '../../app/workspace-config.js';
import { TradeAiError } from '../../core/errors.js';
import { ownWorkspace } from '../../files/workspace-owner.js';
import { openForecastService } from '../../live/live-forecast-service.js';
import type { ScheduleOptions, ServeOptions } from '../../options/serve-options.js';
import { openJobFile } from '../../queue/job-file.js';
import { createTrainingProcessRunner } from '../../queue/training-process.js';
import { readAccessToken } from '../../server/access-token.js';
import { runServer } from '../../server/run-server.js';
import { createServerLog } from '../../server/server-log.js';
import { readWebhookTargets } from '../../server/webhooks/webhook-sender.js';
import { type FlagValues, readText } from '../flag-values.js';
import type { Shell } from '../shell.js';

export interface ServePlan {
  readonly serve: ServeOptions;
  readonly schedule: ScheduleOptions;
  readonly isDemo: boolean;
  readonly logLevel: string;
  /** How long after its close a candle is asked for; the usual time when absent. */
  readonly settleMs?: number;
  /** Called once every champion has a forecast. */
  readonly onReady: (url: string) => void;
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];
const DASHBOARD_FOLDER = fileURLToPath(new URL('../../dashboard', import.meta.url));
const WORKER_PATH = fileURLToPath(new URL('../../app/training-worker.js', import.meta.url));

/** `tradeai serve` */
export async function runServe(shell: Shell, flags: FlagValues): Promise<void> {
  const config = await readWorkspaceConfig(shell.home);
  const port = readPort(readText(flags.port) ?? shell.environment.TRADEAI_PORT);
  const host = readText(flags.host) ?? shell.environment.TRADEAI_HOST;
  const { console } = shell;
  await serveWorkspace(shell, {
    serve: { ...config.serve, ...(port === undefined ? {} : { port }), ...(host === undefined ? {} : { host }) },
    schedule: config.schedule,
    isDemo: false,
    logLevel: readLogLevel(readText(flags.logLevel) ?? 'info'),
    onReady(url) {
      if (shell.isJson) console.printData(JSON.stringify({ url }));
      else console.printNote(`serving ${shell.home} on ${url} (Ctrl-C stops it)`);
    },
  });
}

/** Serves until the shell's signal; resolves when everything under way has ended. */
export async function serveWorkspace(shell: Shell, plan: ServePlan): Promise<void> {
  const { serve, schedule } = plan;
  const { home, environment, ports } = shell;
  const token = readAccessToken({ environment, tokenEnv: serve.tokenEnv });
  const webhooks = readWebhookTargets(serve.webhooks, environment);
  const secrets = [token, ...webhooks.map(({ secret }) => secret)].filter((secret) => secret !== undefined);
  const log = createServerLog({ level: plan.logLevel, secrets });
  // Node would print the error as it is, with whatever secrets it carries.
  const onCrash = (error: unknown) => {
    log.fatal({ err: error }, 'the program failed');
    process.exit(1);
  };
  const owner = await ownWorkspace(join(home, 'data', 'server.json'), ports.now());
  process.on('uncaughtException', onCrash);
  try {
    const onNote = (text: string) => log.info({}, text);
    const service = await openForecastService({
      ports,
      serve,
      schedule,
      runner: createTrainingProcessRunner({
        workerPath: WORKER_PATH,
        workerArguments: [home],
        environment: withoutSecrets(environment, serve),
        onNote,
      }),
      jobStore: openJobFile(home, onNote),
      needsToken: token !== undefined,
      isDemo: plan.isDemo,
      settleMs: plan.settleMs,
      signal: shell.signal,
      log,
    });
    const { host, port, allowedHosts } = serve;
    const options = { host, port, allowedHosts, token, webhooks, dashboardFolder: DASHBOARD_FOLDER };
    const server = await runServer({ service, options, log, signal: shell.signal });
    try {
      await owner.tellUrl(server.url);
      plan.onReady(server.url);
      const end = AbortSignal.any([shell.signal, owner.lost]);
      if (!end.aborted) await once(end, 'abort');
    } finally {
      await server.close();
    }
    if (owner.lost.aborted) {
      throw new TradeAiError('WORKSPACE_BUSY', `another server has taken over ${home} while this one was stopped`, {
        hint: 'see which one is to serve it, and end the other',
      });
    }
  } finally {
    process.off('uncaughtException', onCrash);
    await owner.release();
  }
}

/** What a training needs of the environment: everything but what opens the API and signs webhooks. */
function withoutSecrets(environment: NodeJS.ProcessEnv, { tokenEnv, webhooks }: ServeOptions): NodeJS.ProcessEnv {
  const hidden = new Set([tokenEnv, `${tokenEnv}_FILE`, ...webhooks.flatMap(({ secretEnv }) => secretEnv ?? [])]);
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !hidden.has(name)));
}

/** @throws TradeAiError `USAGE` */
export function readPort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new TradeAiError('USAGE', `--port: expected a number from 0 to 65535, was ${JSON.stringify(text)}`);
}

function readLogLevel(text: string): string {
  if (LOG_LEVELS.includes(text)) return text;
  throw new TradeAiError('USAGE', `--log-level: expected one of ${LOG_LEVELS.join(', ')}, was ${JSON.stringify(text)}`);
}
