// The built server before a forecast service in memory, in a process of its own: what the routes cost, without anything behind them.
// Tells its address to the process that forked it.
import { createJiti } from 'jiti';
import { runServer } from '../../dist/server/run-server.js';

const { openMemoryService } = await createJiti(import.meta.url).import('../../test/support/memory-service.ts');
const token = process.env.TRADEAI_TOKEN;
const service = await openMemoryService({ symbolCount: 50, rowCount: 10_000, hasTroubles: false });
const server = await runServer({ service, options: { port: 0, token } });
process.send({ url: server.url });
process.once('SIGTERM', async () => {
  await server.close();
  process.disconnect();
});
