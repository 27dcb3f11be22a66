/**
 * Layout of the model's parameters: one buffer, named views.
 *
 * Legend: F features, H hidden units, L layers. Gates stand in the order i, f, g, o (PyTorch's); one bias per layer.
 * Order in the buffer: per layer wx [F or H, 4H], wh [H, 4H], b [4H]; then head w [H], head b [1]. Row-major.
 */

export interface LstmArchitecture {
  readonly featureCount: number;
  readonly hiddenUnits: number;
  readonly layerCount: number;
}

export interface TensorView {
  readonly name: string;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly length: number;
}

/** The tensors of the buffer, in order. */
export function describeWeights({ featureCount, hiddenUnits, layerCount }: LstmArchitecture): TensorView[] {
  const views: TensorView[] = [];
  let offset = 0;
  const add = (name: string, shape: number[]) => {
    const length = shape.reduce((product, size) => product * size, 1);
    views.push({ name, offset, shape, length });
    offset += length;
  };
  for (let layer = 0; layer < layerCount; layer++) {
    add(`lstm.${layer}.wx`, [layer === 0 ? featureCount : hiddenUnits, 4 * hiddenUnits]);
    add(`lstm.${layer}.wh`, [hiddenUnits, 4 * hiddenUnits]);
    add(`lstm.${layer}.b`, [4 * hiddenUnits]);
  }
  add('head.w', [hiddenUnits]);
  add('head.b', [1]);
  return views;
}

export function countWeights(architecture: LstmArchitecture): number {
  const views = describeWeights(architecture);
  const last = views[views.length - 1];
  return last.offset + last.length;
}
