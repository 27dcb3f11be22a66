import { changeDigits, formatChange, formatChangeRange, formatPercent, formatPrice } from '../text/numbers.js';
import { formatStamp, precisionOf } from '../text/times.js';
import type { PredictionAnswer } from '../wire/prediction.js';
import type { Colors } from './console.js';

/** A forecast for people. */
export function formatPrediction(prediction: PredictionAnswer, colors: Colors): string {
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
  const line = (label: string, text: string) => `  ${colors.dim(label.padEnd(11))} ${text}`;
  return [
    `${colors.bold(name)} ${colors.dim(`version ${version}, as of ${formatStamp(asOfMs, precisionOf(interval))} UTC`)}`,
    '',
    line('signal', colors.bold(paint(prediction.signal))),
    line(
      'change',
      `${formatChange(predictedChange, changeDigits(predictedChange))} by ${formatStamp(targetTimeMs, precisionOf(interval))} UTC`,
    ),
    line('price', `${formatPrice(lastClose)} → ${formatPrice(predictedPrice)}`),
    line('80 %', formatChangeRange(interval80)),
    line('confidence', formatPercent(confidence)),
    '',
    ...prediction.reasons.map((reason) => `  · ${reason}`),
  ].join('\n');
}
