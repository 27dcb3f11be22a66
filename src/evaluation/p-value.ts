/** A p-value with as many digits as it deserves: `p = 0.031`, `p < 0.001`. */
export function formatPValue(value: number): string {
  return value < 0.001 ? 'p < 0.001' : `p = ${value.toFixed(3)}`;
}
