import { formatPercent, percentDigits } from '../forecast/signal.js';
import type { Prediction } from '../live/predict.js';
import type { Colors } from './console.js';
import { formatPrice, formatTime } from './format.js';

/** A forecast for people. */
export function formatPrediction(prediction: Prediction, colors: Colors): string {
  const {
    name,
    interval,
    version,
    asOfMs,
    targetTimeMs,
    lastClose,
    predictedChange,
    predictedPrice,
    confidence,
    interval80,
  } = prediction;
  const paint = { BUY: colors.green, SELL: colors.red, HOLD: colors.yellow }[prediction.signal];
  const [low, high] = interval80;
  const digits = percentDigits(low, high);
  const line = (label: string, text: string) => `  ${colors.dim(label.padEnd(11))} ${text}`;
  return [
    `${colors.bold(name)} ${colors.dim(`version ${version}, as of ${formatTime(asOfMs, interval)} UTC`)}`,
    '',
    line('signal', colors.bold(paint(prediction.signal))),
    line('change', `${formatPercent(predictedChange)} by ${formatTime(targetTimeMs, interval)} UTC`),
    line('price', `${formatPrice(lastClose)} → ${formatPrice(predictedPrice)}`),
    line('80 %', `${formatPercent(low, true, digits)} to ${formatPercent(high, true, digits)}`),
    line('confidence', `${(confidence * 100).toFixed(1)} %`),
    '',
    ...prediction.reasons.map((reason) => `  · ${reason}`),
  ].join('\n');
}
