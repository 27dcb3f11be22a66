/** What the schemas are made of. Lists and pairs are read-only to those who have them. */

import { z } from 'zod';

export const timeMs = z.int().describe('UTC epoch milliseconds');
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
