import type { NetworkOptions } from '../engine.js';

/** Settings as the kernel reads them: huber, dropout, seed, clipNorm, beta1, beta2, epsilon, weightDecay. */
export function packSettings({ loss, dropout, seed, gradientClipNorm, adam }: NetworkOptions): Float64Array {
  const { beta1, beta2, epsilon, weightDecay } = adam;
  return Float64Array.of(loss === 'huber' ? 1 : 0, dropout, seed, gradientClipNorm, beta1, beta2, epsilon, weightDecay);
}
