import { createFormulaRunner } from '../../test/support/formula-trainings.js';
import { openLiveWorkspace, SYMBOL, trainLiveTemplate } from '../../test/support/live-workspace.js';
import { openMemoryService } from '../../test/support/memory-service.js';
import { testForecastServiceContract } from '../ports/forecast-service.contract.js';
import { openForecastService } from './live-forecast-service.js';

testForecastServiceContract('on a workspace in memory', async () => {
  const service = await openMemoryService({ symbolCount: 1, rowCount: 300, hasTroubles: false });
  return { service, name: 'BTCUSDT', close: () => service.stop() };
});

testForecastServiceContract('on a workspace of files', async () => {
  const template = await trainLiveTemplate();
  const workspace = openLiveWorkspace(template);
  const service = await openForecastService({
    ports: workspace.ports,
    runner: createFormulaRunner(400),
    jobStore: { load: async () => [], save: async () => undefined },
    serve: { shadow: true, demoteOnDrift: false, staleAnswers: 'hold', keepVersions: 20, updateCandles: false },
    schedule: { timeZone: 'UTC', onDrift: false },
    needsToken: false,
    isDemo: false,
    log: { info: () => undefined, warn: () => undefined },
  });
  await service.start();
  return {
    service,
    name: SYMBOL,
    async close() {
      await service.stop();
      workspace.remove();
      template.remove();
    },
  };
});
