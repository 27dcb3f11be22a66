/** What work costs this process: other programs on the machine lengthen the day, not these numbers. */

/** Milliseconds of processor time, all threads of this process together, that `work` takes. */
export function processorMs(work: () => unknown): number {
  const start = process.cpuUsage();
  work();
  return millisecondsSince(start);
}

/** The same of work that is waited for: whatever else this process does meanwhile counts with it. */
export async function processorMsUntil(work: () => Promise<unknown>): Promise<number> {
  const start = process.cpuUsage();
  await work();
  return millisecondsSince(start);
}

/** Processor time as multiples of a fixed piece of work, which takes some ten milliseconds on a common machine. */
export function effortOf(work: () => unknown): number {
  return processorMs(work) / referenceMs();
}

export async function effortUntil(work: () => Promise<unknown>): Promise<number> {
  return (await processorMsUntil(work)) / referenceMs();
}

let measuredMs: number | undefined;

function referenceMs(): number {
  measuredMs ??= [1, 2, 3].map(() => processorMs(mixNumbers)).sort((a, b) => a - b)[1];
  return measuredMs;
}

function mixNumbers(): number {
  let mixed = 1;
  for (let i = 0; i < 5_000_000; i++) mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d) + i;
  return mixed;
}

function millisecondsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1_000;
}
