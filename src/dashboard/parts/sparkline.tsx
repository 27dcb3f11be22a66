/** The way of the newest closes: a line without axes, its words in the label. */

const WIDTH = 96;
const HEIGHT = 28;
const INSET = 2;

export function Sparkline({ values, label }: { values: readonly number[]; label: string }) {
  if (values.length < 2) return <span class="quiet">–</span>;
  const points = sparklinePoints(values);
  const last = points[points.length - 1];
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      <polyline points={points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ')} />
      <circle cx={last[0]} cy={last[1]} r="2" />
    </svg>
  );
}

/** Places of the values in the box of the line, left to right, higher is up; a flat line runs through the middle. */
export function sparklinePoints(values: readonly number[]): readonly (readonly [number, number])[] {
  const lowest = Math.min(...values);
  const span = Math.max(...values) - lowest;
  const step = (WIDTH - 2 * INSET - 2) / (values.length - 1);
  return values.map((value, index) => [
    INSET + index * step,
    span === 0 ? HEIGHT / 2 : HEIGHT - INSET - ((value - lowest) / span) * (HEIGHT - 2 * INSET),
  ]);
}
