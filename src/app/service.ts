/** The forecast service of a workspace, put together: nobody else serves the folder, and trainings run in another process. */

import { fileURLToPath } from 'node:url';
import { ownWorkspace, type WorkspaceOwner } from '../files/workspace-owner.js';
import { openForecastService } from '../live/live-forecast-service.js';
import type { ServiceLog } from '../live/service-log.js';
import type { Environment } from '../options/given-options.js';
import type { ScheduleOptions, ServeOptions } from '../options/serve-options.js';
import type { ForecastService } from '../ports/forecast-service.js';
import type { TakeNote } from '../ports/note.js';
import { openJobFile } from '../queue/job-file.js';
import { createTrainingProcessRunner } from '../queue/training-process.js';
import { healAllCopies } from '../versions/lifecycle.js';
import { composePorts, serverFileOf } from './compose.js';

export interface ServicePlan {
  /** The workspace. */
  readonly home: string;
  readonly environment: Environment;
  readonly serve: ServeOptions;
  readonly schedule: ScheduleOptions;
  /** Whether the market is the simulated one. */
  readonly isDemo: boolean;
  /** Whether whoever asks the service must show a token. */
  readonly needsToken: boolean;
  /** How long after its close a candle is asked for; the usual time when absent. */
  readonly settleMs?: number;
  readonly log: ServiceLog;
  /** Ends a start that is still warming up. */
  readonly signal: AbortSignal;
}

export interface OwnedService {
  readonly service: ForecastService;
  /** To be released when the service has stopped. */
  readonly owner: WorkspaceOwner;
}

const WORKER_PATH = fileURLToPath(new URL('../app/training-worker.js', import.meta.url));

/**
 * Takes the workspace for this process and opens its service; nothing runs before the service is started.
 *
 * @throws TradeAiError `WORKSPACE_BUSY` naming who serves it; `CONFIG_INVALID` for a schedule that is none
 */
export async function openOwnedService(plan: ServicePlan): Promise<OwnedService> {
  const { home, environment, serve, schedule, log } = plan;
  const onNote: TakeNote = (text, facts = {}) => log.info(facts, text);
  const ports = composePorts({ home, environment, onNote });
  const owner = await ownWorkspace(serverFileOf(home), ports.now());
  try {
    await healAllCopies(ports.registry, onNote);
    const service = await openForecastService({
      ports,
      serve,
      schedule,
      runner: createTrainingProcessRunner({
        workerPath: WORKER_PATH,
        workerArguments: serve.updateCandles ? [home] : [home, 'offline'],
        environment: withoutSecrets(environment, serve),
        stallMinutes: serve.trainingStallMinutes,
        onNote,
      }),
      jobStore: openJobFile(home, onNote),
      needsToken: plan.needsToken,
      isDemo: plan.isDemo,
      settleMs: plan.settleMs,
      signal: AbortSignal.any([plan.signal, owner.lost]),
      log,
    });
    return { service, owner };
  } catch (error) {
    await owner.release();
    throw error;
  }
}

/** What a training needs of the environment: everything but what opens the API and signs webhooks. */
function withoutSecrets(environment: Environment, { tokenEnv, webhooks }: ServeOptions): NodeJS.ProcessEnv {
  const hidden = new Set([tokenEnv, `${tokenEnv}_FILE`, ...webhooks.flatMap(({ secretEnv }) => secretEnv ?? [])]);
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !hidden.has(name)));
}
