/** A value that may not exist: then it is `null` and `reason` says why in words. It is never 0 or NaN instead. */
export type Measured<T> =
  | { readonly value: T; readonly reason?: undefined }
  | { readonly value: null; readonly reason: string };

export function measured<T>(value: T): Measured<T> {
  return { value };
}

export function undefinedBecause(reason: string): Measured<never> {
  return { value: null, reason };
}
