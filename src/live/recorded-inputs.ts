/** The scaled window of a forecast as bytes in a ledger line, and back: the same bits, so that the forecast can be made again. */

import { TradeAiError } from '../core/errors.js';
import type { WindowForecaster } from '../forecast/forecaster.js';
import type { RecordedInputs } from '../wire/ledger.js';

/**
 * Records a window in the precision of the engine: what it rounds away is not kept.
 *
 * @param inputs shape `[W, F]`, row-major
 */
export function recordInputs(
  inputs: Float64Array,
  { engine, windowRows, featureNames }: Pick<WindowForecaster, 'engine' | 'windowRows' | 'featureNames'>,
): RecordedInputs {
  const dtype = engine === 'reference' ? 'F64' : 'F32';
  const view = new DataView(new ArrayBuffer(inputs.length * (dtype === 'F64' ? 8 : 4)));
  for (const [i, value] of inputs.entries()) {
    if (dtype === 'F64') view.setFloat64(8 * i, value, true);
    else view.setFloat32(4 * i, value, true);
  }
  return { dtype, shape: [windowRows, featureNames.length], data: Buffer.from(view.buffer).toString('base64') };
}

/**
 * @returns shape `[W, F]`, row-major
 * @throws TradeAiError `MODEL_MISMATCH` when the bytes are not of that shape
 */
export function readInputs({ dtype, shape, data }: RecordedInputs): Float64Array {
  const bytes = Buffer.from(data, 'base64');
  const size = dtype === 'F64' ? 8 : 4;
  const count = shape[0] * shape[1];
  if (bytes.length !== count * size) {
    throw new TradeAiError(
      'MODEL_MISMATCH',
      `recorded inputs of shape ${shape.join(' × ')}: expected ${count * size} bytes of ${dtype}, was ${bytes.length}`,
    );
  }
  return Float64Array.from({ length: count }, (_, i) =>
    dtype === 'F64' ? bytes.readDoubleLE(8 * i) : bytes.readFloatLE(4 * i),
  );
}
