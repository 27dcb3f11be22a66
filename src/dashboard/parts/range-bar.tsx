/** A forecast with its interval on a scale shared by all rows: zero in the middle, the band is where the change lies in 8 of 10 cases. */

import { changeDigits, formatChange } from '../../text/numbers.js';

const WIDTH = 160;
const HEIGHT = 16;

interface RangeBarProps {
  readonly change: number;
  readonly interval: readonly [number, number];
  /** The change at either end of the scale. */
  readonly limit: number;
}

export function RangeBar({ change, interval: [low, high], limit }: RangeBarProps) {
  const place = (value: number) => placeOnScale(value, limit, WIDTH);
  const left = place(low);
  const right = place(high);
  const digits = changeDigits(low, high);
  return (
    <svg
      class="range-bar"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`Expected ${formatChange(change, digits)}, in 8 of 10 cases between ${formatChange(low, digits)} and ${formatChange(high, digits)}`}
    >
      <line class="scale" x1="0" x2={WIDTH} y1={HEIGHT / 2} y2={HEIGHT / 2} />
      <rect class="band" x={left} width={Math.max(1, right - left)} y="4.5" height="7" rx="3.5" />
      <line class="zero" x1={WIDTH / 2} x2={WIDTH / 2} y1="1" y2={HEIGHT - 1} />
      <rect
        class={change < 0 ? 'point below' : 'point above'}
        x={place(change) - 2}
        width="4"
        y="1.5"
        height="13"
        rx="1.5"
      />
    </svg>
  );
}

/** Where a change stands on a scale of `width`, zero in the middle; what is beyond an end stands at the end. */
export function placeOnScale(value: number, limit: number, width: number): number {
  const share = limit === 0 ? 0 : Math.max(-1, Math.min(1, value / limit));
  return (width / 2) * (1 + share);
}
