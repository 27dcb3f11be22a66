/** Words and figures of findings. */

/** `2024-01-31 12:00 UTC`, with seconds where the time has some. */
export function utcTime(timeMs: number): string {
  const time = new Date(timeMs);
  // A row that was set aside may carry anything as its time.
  if (Number.isNaN(time.getTime())) return `time ${timeMs}`;
  const text = time.toISOString().replace('T', ' ');
  return `${timeMs % 60_000 === 0 ? text.slice(0, 16) : text.slice(0, 23).replace(/\.000$/, '')} UTC`;
}

export function percent(fraction: number): string {
  const value = 100 * fraction;
  return `${Math.abs(value) < 1000 ? Number(value.toPrecision(3)) : withThousands(Math.round(value))} %`;
}

export function counted(count: number, noun: string): string {
  return `${withThousands(count)} ${noun}${count === 1 ? '' : 's'}`;
}

function withThousands(count: number): string {
  return count.toLocaleString('en-US');
}

export function shareOf(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
