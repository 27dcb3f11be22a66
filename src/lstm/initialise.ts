import { RANDOM_STREAM, Random } from '../core/random.js';
import { countWeights, describeWeights, type LstmArchitecture } from './weights.js';

/** A forget gate that is open at first keeps gradients alive (Jozefowicz et al. 2015, section 3.1). */
const FORGET_BIAS = 1;

/**
 * Draws initial weights: uniform on ±1/√H as torch.nn.LSTM and torch.nn.Linear do, biases 0 but for the forget gate.
 * Values are rounded to float32, so that every engine begins at the same point.
 *
 * @returns shape `[P]`, laid out as `weights.ts` says
 */
export function initialiseWeights(architecture: LstmArchitecture, seed: number): Float64Array {
  const random = new Random(seed, RANDOM_STREAM.initialisation);
  const weights = new Float64Array(countWeights(architecture));
  const { hiddenUnits } = architecture;
  const bound = 1 / Math.sqrt(hiddenUnits);
  for (const { name, offset, length } of describeWeights(architecture)) {
    if (name.endsWith('.b')) {
      if (name !== 'head.b') weights.fill(FORGET_BIAS, offset + hiddenUnits, offset + 2 * hiddenUnits);
      continue;
    }
    for (let i = 0; i < length; i++) weights[offset + i] = Math.fround((2 * random.nextUniform() - 1) * bound);
  }
  return weights;
}
