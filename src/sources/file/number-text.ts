/** Rows put together before they are written. */
export const PART_ROWS = 4_096;

/** The shortest text that reads back as the same number, also for −0. */
export function formatNumber(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}
