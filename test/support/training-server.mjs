// Trains a name as the server does, and says the number of the training process once its epochs have begun.
// usage: node training-server.mjs WORKER HOME NAME
import { readFileSync } from 'node:fs';
import { createJiti } from 'jiti';

const [workerPath, home, name] = process.argv.slice(2);
const { createTrainingProcessRunner } = await createJiti(import.meta.url).import('../../src/queue/training-process.ts');
const runner = createTrainingProcessRunner({
  workerPath,
  workerArguments: [home],
  environment: process.env,
  stallMinutes: 60,
  onNote: () => undefined,
});
let isTold = false;
runner.start(
  { runId: '20240101T000000000Z-00000000', names: [name] },
  {
    onProgress: (_name, { epoch }) => {
      if (isTold || epoch < 2) return;
      isTold = true;
      process.stdout.write(readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8'));
    },
    onOutcome: () => undefined,
  },
);
