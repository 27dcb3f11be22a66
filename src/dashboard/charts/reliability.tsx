/** Confidence said against hits had: on the diagonal a confidence means what it says. The larger a point, the more forecasts. */

import { formatPercent } from '../../text/numbers.js';
import type { TrackRecordAnswer } from '../../wire/wire.js';

const SIZE = 320;
const [LEFT, TOP, RIGHT, BOTTOM] = [46, 10, 24, 40];
const STEPS = [0, 0.25, 0.5, 0.75, 1];

type Point = TrackRecordAnswer['reliability'][number];

export function Reliability({ points }: { points: readonly Point[] }) {
  const [low, high] = confidenceRange(points);
  const x = (confidence: number) => LEFT + ((confidence - low) / (high - low)) * (SIZE - LEFT - RIGHT);
  const y = (rate: number) => SIZE - BOTTOM - rate * (SIZE - TOP - BOTTOM);
  const largest = Math.max(...points.map(({ count }) => count));
  const ticks = [low, (low + high) / 2, high];
  return (
    <svg class="reliability" viewBox={`0 0 ${SIZE} ${SIZE}`} role="img" aria-label={describeReliability(points)}>
      {STEPS.map((rate) => (
        <g key={rate}>
          <line class="grid" x1={LEFT} x2={SIZE - RIGHT} y1={y(rate)} y2={y(rate)} />
          <text x={LEFT - 8} y={y(rate) + 4} text-anchor="end">
            {formatPercent(rate, 0)}
          </text>
        </g>
      ))}
      {ticks.map((confidence) => (
        <text key={confidence} x={x(confidence)} y={SIZE - BOTTOM + 18} text-anchor="middle">
          {formatPercent(confidence, 0)}
        </text>
      ))}
      <text x={(LEFT + SIZE - RIGHT) / 2} y={SIZE - 4} text-anchor="middle">
        confidence
      </text>
      <line class="diagonal" x1={x(low)} y1={y(low)} x2={x(high)} y2={y(high)} />
      <polyline points={points.map(({ confidence, hitRate }) => `${x(confidence)},${y(hitRate)}`).join(' ')} />
      {points.map(({ confidence, hitRate, count }) => (
        <circle key={confidence} cx={x(confidence)} cy={y(hitRate)} r={3 + 6 * Math.sqrt(count / largest)} />
      ))}
    </svg>
  );
}

/** The confidence axis: from one half to the next ten percent above the largest. */
export function confidenceRange(points: readonly Point[]): readonly [low: number, high: number] {
  const largest = Math.max(0.5, ...points.map(({ confidence }) => confidence));
  return [0.5, Math.min(1, Math.max(0.6, Math.ceil(largest * 10 + 1e-9) / 10))];
}

function describeReliability(points: readonly Point[]): string {
  const parts = points.map(
    ({ confidence, hitRate, count }) =>
      `confidence ${formatPercent(confidence, 0)}: ${formatPercent(hitRate, 0)} right, of ${count}`,
  );
  return `Reliability. ${parts.join('; ')}`;
}
