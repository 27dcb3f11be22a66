import { createNativeEngine } from '../lstm/engines/native/native-engine.js';
import { createReferenceEngine } from '../lstm/engines/reference/reference-engine.js';
import { createWasmEngine } from '../lstm/engines/wasm/wasm-engine.js';
import { initialiseWeights } from '../lstm/initialise.js';
import { fitBaselines } from './baselines.js';
import { CONTRACT_WINDOW_ROWS, testForecasterContract, testWindowForecasterContract } from './forecaster.contract.js';
import { createLstmForecaster } from './lstm-forecaster.js';

for (const name of ['zero', 'mean', 'momentum', 'reversal', 'ridge']) {
  testForecasterContract(name, {
    fitForecaster: ({ dataset, scaler, rows }) =>
      fitBaselines(dataset, scaler, rows).find((baseline) => baseline.name === name)!,
    readsFeatures: name === 'ridge',
  });
}

const engines = {
  reference: createReferenceEngine,
  native: () => createNativeEngine({ threads: 2 }),
  wasm: () => createWasmEngine({ threads: 2 }),
};
for (const [name, createEngine] of Object.entries(engines)) {
  testWindowForecasterContract(`lstm on ${name}`, async ({ scaler }) => {
    const architecture = { featureCount: scaler.featureNames.length, hiddenUnits: 6, layerCount: 2 };
    const memberWeights = [1, 2, 3].map((seed) => initialiseWeights(architecture, seed));
    return createLstmForecaster(await createEngine(), {
      architecture,
      windowRows: CONTRACT_WINDOW_ROWS,
      scaler,
      memberWeights,
    });
  });
}
