/** What the schemas are made of. Lists and pairs are read-only to those who have them. */

import { z } from 'zod';

/** The last millisecond that a `Date` can say. */
export const LAST_TIME_MS = 8_640_000_000_000_000;
/** Far beyond any market, and sums, squares and cubes of such numbers are numbers still. */
export const LARGEST_QUANTITY = 1e100;

export const timeMs = z.int().min(0).max(LAST_TIME_MS).describe('UTC epoch milliseconds');
/** A price, a change, a score: what is computed with after it was kept. */
export const quantity = z.number().min(-LARGEST_QUANTITY).max(LARGEST_QUANTITY);
export const share = z.number().min(0).max(1);
/** A figure that may not be computable. */
export const figure = z.number().nullable();
export const range = pairOf(z.number(), z.number());

export function orNull<Schema extends z.ZodType>(schema: Schema) {
  return schema.nullable();
}

/** An array. The type is read-only; `readonly()` of zod would also say so of the JSON, and freeze what is read. */
export function listOf<Schema extends z.ZodType>(item: Schema) {
  return z.array(item) as unknown as z.ZodType<readonly z.output<Schema>[], readonly z.input<Schema>[]>;
}

/** An array of two. */
export function pairOf<First extends z.ZodType, Second extends z.ZodType>(first: First, second: Second) {
  return z.tuple([first, second]) as unknown as z.ZodType<
    readonly [z.output<First>, z.output<Second>],
    readonly [z.input<First>, z.input<Second>]
  >;
}
