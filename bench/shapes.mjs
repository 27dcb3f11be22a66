// The shapes of the benchmark and the work in them.

/** @typedef {{ batch: number, window: number, features: number, hidden: number }} Shape */

/** @type {Shape[]} */
export const SHAPES = [
  { batch: 32, window: 60, features: 12, hidden: 64 },
  { batch: 64, window: 60, features: 16, hidden: 128 },
  { batch: 256, window: 60, features: 16, hidden: 256 },
  { batch: 256, window: 24, features: 17, hidden: 32 },
];

export function nameShape({ batch, window, features, hidden }) {
  return `B${batch} T${window} F${features} H${hidden}`;
}

/**
 * Floating-point operations of one sequence, multiply and add counted apart: the products of the gates forward, in training
 * also those of the hidden gradients and of the weight gradients. Activations, head and optimiser are not counted.
 */
export function countOperations({ window, features, hidden }, mode) {
  const gates = 2 * 4 * hidden;
  const forward = gates * (features + hidden);
  return window * (mode === 'train' ? 2 * forward + gates * hidden : forward);
}
