/** A workspace served until it is told to stop. */

import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { openOwnedService, type ServicePlan } from '../app/service.js';
import { TradeAiError, throwIfAborted } from '../core/errors.js';
import { readAccessToken } from './access-token.js';
import { runServer } from './run-server.js';
import { createServerLog } from './server-log.js';
import { readWebhookTargets } from './webhooks/webhook-sender.js';

export interface ServePlan extends Omit<ServicePlan, 'log' | 'needsToken'> {
  readonly logLevel: string;
  /** How a line of the log is written; as JSON when absent. */
  readonly formatLog?: (line: string) => string;
  /** Called once every champion has a forecast. */
  readonly onReady: (url: string) => void;
}

const DASHBOARD_FOLDER = fileURLToPath(new URL('../dashboard', import.meta.url));

/**
 * Serves until the signal, which may also come before it is ready; resolves when everything under way has ended.
 *
 * @throws TradeAiError `WORKSPACE_BUSY`, `CONFIG_INVALID`
 */
export async function serveWorkspace(plan: ServePlan): Promise<void> {
  try {
    await serveUntilSignal(plan);
  } catch (error) {
    if (!(error instanceof TradeAiError && error.code === 'INTERRUPTED' && plan.signal.aborted)) throw error;
  }
}

async function serveUntilSignal(plan: ServePlan): Promise<void> {
  const { home, environment, serve, signal } = plan;
  const token = readAccessToken({ environment, tokenEnv: serve.tokenEnv });
  const webhooks = readWebhookTargets(serve.webhooks, environment);
  const secrets = [token, ...webhooks.map(({ secret }) => secret)].filter((secret) => secret !== undefined);
  const log = createServerLog({ level: plan.logLevel, format: plan.formatLog, secrets });
  // Node would print the error as it is, with whatever secrets it carries.
  const onCrash = (error: unknown) => {
    log.fatal({ err: error }, 'the program failed');
    process.exit(1);
  };
  process.on('uncaughtException', onCrash);
  try {
    const { service, owner } = await openOwnedService({ ...plan, log, needsToken: token !== undefined });
    const end = AbortSignal.any([signal, owner.lost]);
    try {
      const { host, port, allowedHosts, trustedProxies } = serve;
      const options = { host, port, allowedHosts, trustedProxies, token, webhooks, dashboardFolder: DASHBOARD_FOLDER };
      const server = await runServer({ service, options, log, signal: end });
      try {
        await owner.tellUrl(server.url);
        plan.onReady(server.url);
        if (!end.aborted) await once(end, 'abort');
      } finally {
        await server.close();
      }
      throwIfAborted(owner.lost);
    } catch (error) {
      if (!owner.lost.aborted) throw error;
      throw new TradeAiError('WORKSPACE_BUSY', `another server has taken over ${home} while this one was stopped`, {
        hint: 'see which one is to serve it, and end the other',
      });
    } finally {
      await owner.release().catch((error) => log.warn({ err: error }, 'the workspace could not be released'));
    }
  } finally {
    process.off('uncaughtException', onCrash);
  }
}
