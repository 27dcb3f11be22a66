// The training worker, which writes down its number first.
// usage: as the worker
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

writeFileSync(join(process.argv[2], 'worker-id'), String(process.pid));
await import('../../dist/app/training-worker.js');
