// Publishes, decides and promotes without end, or ROUNDS times, and says on stdout what was done, one JSON object a line.
// usage: node publish-loop.mjs HOME NAME [ROUNDS]
import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { openFileRegistry } from '../../dist/storage/file-registry.js';

const [home, name, rounds = 'Infinity'] = process.argv.slice(2);
const registry = openFileRegistry(home);
const say = (event) => writeSync(1, `${JSON.stringify(event)}\n`);

function makeDraft() {
  const fileNames = [
    'model.onnx',
    'weights.safetensors',
    'scaler.json',
    'calibration.json',
    'config.json',
    'report.json',
  ];
  return {
    manifest: {
      formatVersion: 1,
      name,
      symbol: name,
      interval: '1h',
      createdAtMs: Date.now(),
      codeVersion: '0.0.0',
      engine: 'reference',
      seed: 1,
      featureNames: ['return_1'],
      data: { source: 'demo', rows: 1, firstOpenTimeMs: 0, lastOpenTimeMs: 0, sha256: '0'.repeat(64) },
      test: { fromMs: 0, toMs: 1, trials: 1 },
      weightsSha256: '0'.repeat(64),
      verdict: 'no-demonstrated-skill',
    },
    files: new Map(fileNames.map((fileName) => [fileName, randomBytes(4000)])),
  };
}

say({ event: 'ready' });
for (let round = 0; round < Number(rounds); round++) {
  const generation = (await registry.champion(name))?.generation ?? 0;
  const { version } = await registry.publish(makeDraft());
  say({ event: 'published', version });
  await registry.recordDecision(name, {
    version,
    runId: 'a-run',
    decidedAtMs: Date.now(),
    verdict: 'skill',
    isPromoted: true,
    reasons: ['skill', 'next in the loop'],
    pValue: 0.01,
    adjustedPValue: 0.02,
    names: [name, 'ETHUSDT'],
  });
  say({ event: 'decided', version });
  try {
    const pointer = await registry.promote({
      name,
      version,
      reasons: ['next in the loop'],
      expectedGeneration: generation,
    });
    say({ event: 'promoted', version, generation: pointer.generation });
  } catch (error) {
    if (error.code !== 'VERSION_CONFLICT') throw error;
    say({ event: 'conflict', version, generation: generation + 1 });
  }
}
