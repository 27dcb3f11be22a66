import { randomBytes } from 'node:crypto';

/** Counts requests; the first part tells runs of the program apart. What a caller calls a request is not looked at. */
export function createRequestIds(): () => string {
  const run = randomBytes(4).toString('hex');
  let count = 0;
  return () => {
    count += 1;
    return `${run}-${count.toString(36)}`;
  };
}
