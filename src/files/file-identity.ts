import type { BigIntStats } from 'node:fs';

/** What changes with every replacement or change of a file. */
export function identityOf({ dev, ino, size, mtimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${size}:${mtimeNs}`;
}
