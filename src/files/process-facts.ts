/** What the system says about this process and its neighbours: enough to tell a process from one that had its number before. */

import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { systemCodeOf } from './system-errors.js';

/** Stands for what the system does not say, as on macOS and Windows. */
export const UNKNOWN = '0';

export interface ProcessFacts {
  /** Letters, digits and `_`. */
  readonly host: string;
  readonly processId: number;
  /**
   * 12 hex digits of the running kernel and the process namespace in it: where they are equal a process number means the
   * same process. Two containers have two, also when their host names and numbers are equal. `UNKNOWN` without `/proc`.
   */
  readonly place: string;
  /** The tick of the kernel's clock at which a process began; `UNKNOWN` of one that lives, `undefined` of one that does not. */
  startOf(processId: number): string | undefined;
}

let known: ProcessFacts | undefined;

/** The facts of this process. */
export function factsOfThisProcess(): ProcessFacts {
  if (known !== undefined) return known;
  const place = readPlace();
  const startOf = place === UNKNOWN ? askForLife : readStart;
  /** Asked for with every name, and always the same. */
  const ownStart = startOf(process.pid);
  known = {
    host: hostname().replace(/[^A-Za-z0-9]/g, '_') || 'localhost',
    processId: process.pid,
    place,
    startOf: (processId) => (processId === process.pid ? ownStart : startOf(processId)),
  };
  return known;
}

function readPlace(): string {
  try {
    // A `/proc` of another namespace, as `unshare` leaves it, speaks of other processes.
    if (readlinkSync('/proc/self') !== String(process.pid)) return UNKNOWN;
    const kernel = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    const hash = createHash('sha256').update(`${kernel} ${readlinkSync('/proc/self/ns/pid')}`);
    return hash.digest('hex').slice(0, 12);
  } catch {
    return UNKNOWN;
  }
}

/** Field 22 of `/proc/PID/stat`. A dead process that nobody has waited for is dead. */
function readStart(processId: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${processId}/stat`, 'latin1');
  } catch {
    return askForLife(processId);
  }
  // The second field is the program's name in parentheses, with whatever stands in it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ['Z', 'X'].includes(fields[0]) ? undefined : fields[19];
}

function askForLife(processId: number): string | undefined {
  try {
    process.kill(processId, 0);
    return UNKNOWN;
  } catch (error) {
    return systemCodeOf(error) === 'ESRCH' ? undefined : UNKNOWN;
  }
}
