// Compares settings on validation rows only, to choose the defaults: the newest 30 % of every file, the test rows, are cut
// off before anything is read from them. Prints the table of docs/defaults.md.
//
//   node scripts/tune-defaults.mjs FILE... [--grid NAME] [--seeds 4]

import { parseArgs } from 'node:util';

const dist = process.env.TRADEAI_DIST ?? new URL('../dist/', import.meta.url).href;
const load = (path) => import(new URL(path, dist).href);
const { readCandleFile } = await load('sources/file/read-candle-file.js');
const { createNativeEngine } = await load('lstm/engines/native/native-engine.js');
const { parseFeatures, DEFAULT_FEATURE_NAMES } = await load('features/catalogue.js');
const { buildDataset, labelledRows } = await load('dataset/dataset.js');
const { fitScaler, applyScaler } = await load('dataset/scaler.js');
const { trainEnsembles, predictEnsemble } = await load('lstm/ensemble.js');
const { sliceCandles, rowCountOf } = await load('market/candle-series.js');
const { measureForecast } = await load('evaluation/metrics.js');
const { outcomesAt } = await load('evaluation/outcomes.js');
const { fitBaselines } = await load('forecast/baselines.js');

const BASE = {
  features: 'plain',
  window: 24,
  hidden: 32,
  layers: 1,
  dropout: 0.2,
  batch: 256,
  lr: 5e-4,
  schedule: 'constant',
  epochs: 12,
  patience: 4,
  loss: 'mse',
  clip: 1,
  weightDecay: 0,
  members: 2,
  horizon: 1,
};
const SCALED = DEFAULT_FEATURE_NAMES.map((name) =>
  name.startsWith('return_') ? `scaled_${name}` : name === 'volatility_24' ? 'volatility_ratio_24' : name,
);
const CALENDAR = ['hour_sin', 'hour_cos', 'weekday_sin', 'weekday_cos'];
const FEATURE_SETS = {
  plain: DEFAULT_FEATURE_NAMES,
  scaled: SCALED,
  'plain + calendar': [...DEFAULT_FEATURE_NAMES, ...CALENDAR],
  'scaled + calendar': [...SCALED, ...CALENDAR],
};
const GRIDS = {
  features: Object.keys(FEATURE_SETS).map((features) => ({ features })),
  window: [6, 12, 24, 48, 72].map((window) => ({ window })),
  hidden: [8, 16, 32, 64, 128].map((hidden) => ({ hidden })),
  rate: [2e-4, 5e-4, 1e-3, 2e-3].map((lr) => ({ lr })),
  dropout: [0, 0.2, 0.4, 0.6].map((dropout) => ({ dropout })),
  batch: [64, 256, 1024].map((batch) => ({ batch })),
  layers: [1, 2].map((layers) => ({ layers })),
  schedule: ['constant', 'cosine', 'plateau'].map((schedule) => ({ schedule })),
  loss: ['mse', 'huber'].map((loss) => ({ loss })),
  decay: [0, 0.01, 0.1].map((weightDecay) => ({ weightDecay })),
  members: [1, 2, 4, 8].map((members) => ({ members })),
};

/** Share of the candles that is never looked at here. */
const TEST_SHARE = 0.3;
/** Beginnings of the validation stretches, as shares of all candles; each is 0.1 long. */
const STRETCHES = [0.4, 0.5, 0.6];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    grid: { type: 'string', multiple: true, default: ['features'] },
    seeds: { type: 'string', default: '1' },
    base: { type: 'string', default: '{}' },
  },
});
const engine = await createNativeEngine({});
const files = [];
for (const path of positionals) {
  const { series } = await readCandleFile(path, {});
  const total = rowCountOf(series);
  files.push({ total, series: sliceCandles(series, 0, total - Math.round(total * TEST_SHARE)) });
}

async function judge(settings) {
  const results = [];
  for (const { total, series } of files) {
    const names = FEATURE_SETS[settings.features];
    const { horizon } = settings;
    const dataset = buildDataset(series, {
      features: parseFeatures(names),
      windowRows: settings.window,
      horizonSteps: horizon,
      maximumGapRows: 24,
    });
    for (const begin of STRETCHES) {
      const start = Math.round(total * begin);
      const rows = {
        train: labelledRows(dataset, { start: 0, end: start - 2 * horizon }),
        // Early stopping looks at the older half of the stretch, the judgement at the newer one.
        validation: labelledRows(dataset, { start, end: Math.round(total * (begin + 0.05)) - 2 * horizon }),
      };
      const judged = labelledRows(dataset, {
        start: Math.round(total * (begin + 0.05)),
        end: Math.round(total * (begin + 0.1)),
      });
      const scaler = fitScaler(dataset.matrix, rows.train);
      const outcomes = outcomesAt(dataset, judged);
      if (settings.ridge) {
        const ridge = fitBaselines(dataset, scaler, rows).find(({ name }) => name === 'ridge');
        results.push({ ...measureForecast(await ridge.forecast(dataset, judged), outcomes), epochs: 0 });
        continue;
      }
      const x = applyScaler(scaler, dataset.matrix);
      const data = { scaleFeatures: () => x, targets: dataset.target.scaled };
      const network = {
        windowRows: settings.window,
        loss: settings.loss,
        dropout: settings.dropout,
        gradientClipNorm: settings.clip,
        adam: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: settings.weightDecay },
      };
      const architecture = { featureCount: names.length, hiddenUnits: settings.hidden, layerCount: settings.layers };
      const trainer = {
        architecture,
        epochs: settings.epochs,
        batchSize: settings.batch,
        learningRate: settings.lr,
        schedule: settings.schedule,
        patience: settings.patience,
      };
      for (let repeat = 0; repeat < Number(values.seeds); repeat++) {
        const seeds = Array.from({ length: settings.members }, (_, member) => 1000 * repeat + member);
        const [members] = await trainEnsembles(engine, [{ trainer, network, data, seeds, rows }]);
        const memberWeights = members.map((member) => member.bestWeights);
        const question = { architecture, windowRows: settings.window, memberWeights, x, rows: judged };
        const scores = await predictEnsemble(engine, question);
        const epochs = members.reduce((sum, member) => sum + member.bestEpoch, 0) / members.length;
        results.push({ ...measureForecast(scores, outcomes), epochs });
      }
    }
  }
  const average = (pick) => results.reduce((sum, result) => sum + pick(result), 0) / results.length;
  return {
    ic: average((r) => r.ic),
    r2: average((r) => r.r2),
    r2Scaled: average((r) => r.r2Scaled),
    epochs: average((r) => r.epochs),
  };
}

console.log(
  `| settings | IC | R² % on returns | R² % in volatility units | best epoch |\n| --- | --- | --- | --- | --- |`,
);
async function print(label, settings) {
  const { ic, r2, r2Scaled, epochs } = await judge(settings);
  const cells = [
    label,
    ic.toFixed(4),
    (100 * r2).toFixed(3),
    (100 * r2Scaled).toFixed(3),
    epochs.toFixed(1),
    ((performance.now() - started) / 1000).toFixed(0),
  ];
  console.log(`| ${cells.join(' | ')} |`);
}
const base = { ...BASE, ...JSON.parse(values.base) };
await print('ridge', { ...base, ridge: true });
for (const grid of values.grid) {
  for (const change of GRIDS[grid]) await print(Object.entries(change).flat().join(' '), { ...base, ...change });
}
