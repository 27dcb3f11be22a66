/*
 * Serves the memory service: what the dashboard shows, with no workspace and no training.
 *
 *     node test/support/serve-memory.mjs [--port 8090] [--symbols 6] [--rows 10000] [--token TOKEN] [--play 1000]
 *
 * Runs the sources as they stand; the dashboard is the one built in dist/dashboard.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createJiti } from 'jiti';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8090' },
    symbols: { type: 'string', default: '6' },
    rows: { type: 'string', default: '10000' },
    token: { type: 'string' },
    play: { type: 'string', default: '0' },
  },
});

const jiti = createJiti(import.meta.url);
const { openMemoryService } = await jiti.import('./memory-service.ts');
const { runServer } = await jiti.import('../../src/server/run-server.ts');

const service = await openMemoryService({
  symbolCount: Number(values.symbols),
  rowCount: Number(values.rows),
  needsToken: values.token !== undefined,
});
const server = await runServer({
  service,
  options: {
    port: Number(values.port),
    token: values.token,
    dashboardFolder: join(import.meta.dirname, '../../dist/dashboard'),
  },
});
if (Number(values.play) > 0) service.play(Number(values.play));
console.log(server.url);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close());
