import { TradeAiError } from '../core/errors.js';

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** What a duration looks like: a whole number and one unit. */
export const DURATION_PATTERN = /^(\d{1,6})([smhdw])$/;

/**
 * Reads a duration such as `90s`, `15m`, `8h`, `2d` or `1w`, in milliseconds.
 *
 * @throws TradeAiError `USAGE` for any other text
 */
export function parseDuration(text: string): number {
  const parts = DURATION_PATTERN.exec(text);
  if (parts) return Number(parts[1]) * UNIT_MS[parts[2] as keyof typeof UNIT_MS];
  throw new TradeAiError('USAGE', `expected a duration such as 90s, 15m, 8h or 2d, was ${JSON.stringify(text)}`);
}
