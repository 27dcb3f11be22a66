/** The process that trains for the server: commands come by message, news go back by message. */

import { TradeAiError } from '../core/errors.js';
import type { JobOutcome } from '../ports/job.js';
import type { Ports } from '../ports/ports.js';
import type { RunToStart } from '../ports/training-runner.js';
import type { TrainingCommand, TrainingNews } from '../queue/training-protocol.js';
import { describeForServer } from '../text/server-hints.js';
import type { RunOutcome } from '../training/decide-run.js';
import { retrain } from '../training/retrain.js';
import { TrainingWatch, watchBatches } from '../training/training-progress.js';
import { composePorts } from './compose.js';

/** Progress is told at most so often. */
const PROGRESS_INTERVAL_MS = 100;

/** The workspace, and `offline` where nothing is to be fetched. */
const [home, ...modes] = process.argv.slice(2);
const offline = modes.includes('offline');
const controllers = new Map<string, AbortController>();
const everything = new AbortController();
/** News on its way: the channel is closed behind the last of it. */
const underWay = new Set<Promise<void>>();

process.on('message', (command: TrainingCommand) => {
  if (command.kind === 'train') void trainAll(command.run);
  else if (command.kind === 'cancel') controllers.get(command.name)?.abort();
  else everything.abort();
});
// A server that is gone needs no model: the training keeps its checkpoint and ends.
process.on('disconnect', () => everything.abort());
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => everything.abort());

async function trainAll({ runId, names }: RunToStart): Promise<void> {
  const ports: Ports = composePorts({
    home,
    environment: process.env,
    onNote: (text, facts) => tell({ kind: 'note', text, facts }),
  });
  for (const name of names) controllers.set(name, new AbortController());
  const told = new Set<string>();
  const tellOutcome = (outcome: RunOutcome) => {
    told.add(outcome.name);
    tell({ kind: 'outcome', name: outcome.name, outcome: plainOutcome(outcome) });
  };
  try {
    await retrain(names, { offline, prefersStored: true, runId }, ports, {
      signal: everything.signal,
      hooksOf: (name) => ({
        ...new TrainingWatch(Date.now, limitRate(name)).hooks,
        onBatch: watchBatches(Date.now, () => tell({ kind: 'at-work', name })),
        signal: AbortSignal.any([everything.signal, controllers.get(name)!.signal]),
      }),
      onTurn: (name) => tell({ kind: 'at-work', name: name ?? null }),
      onOutcome: tellOutcome,
    });
  } catch (error) {
    for (const name of names) if (!told.has(name)) tellOutcome({ name, error });
  } finally {
    await Promise.all(underWay);
    if (process.connected) process.disconnect();
  }
}

/** Lets the news of a new stage through, and of the same stage only so often. */
function limitRate(name: string): ConstructorParameters<typeof TrainingWatch>[1] {
  let lastMs = 0;
  let lastStage = '';
  return (progress) => {
    const nowMs = Date.now();
    if (progress.stage === lastStage && nowMs - lastMs < PROGRESS_INTERVAL_MS) return;
    lastMs = nowMs;
    lastStage = progress.stage;
    tell({ kind: 'progress', name, progress });
  };
}

function plainOutcome(outcome: RunOutcome): JobOutcome {
  if ('error' in outcome) return { error: describeForServer(outcome.error) };
  const { version, promoted, verdict, reasons } = outcome.report;
  if (version === null) throw new TradeAiError('INTERNAL', `${outcome.name} was trained but not published`);
  return { result: { version, promoted, verdict, reasons } };
}

function tell(news: TrainingNews): void {
  if (!process.connected) return;
  const sent = new Promise<void>((resolve) => {
    process.send!(news, undefined, undefined, () => resolve());
  });
  underWay.add(sent);
  void sent.then(() => underWay.delete(sent));
}
