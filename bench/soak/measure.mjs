// What a process costs and what the machine gives it, read from /proc.
import { readdirSync, readFileSync } from 'node:fs';
import { loadavg } from 'node:os';

/** Clock ticks of Linux a second, as /proc tells them, on every machine there is. */
const TICKS_PER_SECOND = 100;

/** One look at a process: bytes, seconds of processor time since its start, open files; and at the machine. */
export function takeSample(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  // Behind the name, which may hold anything.
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
  const machine = readFileSync('/proc/stat', 'utf8').split('\n')[0].trim().split(/\s+/).slice(1, 9).map(Number);
  return {
    atMs: Date.now(),
    residentBytes: 1_024 * Number(/VmRSS:\s+(\d+)/.exec(status)[1]),
    cpuSeconds: (Number(stat[11]) + Number(stat[12])) / TICKS_PER_SECOND,
    openFiles: readdirSync(`/proc/${pid}/fd`).length,
    threads: Number(/Threads:\s+(\d+)/.exec(status)[1]),
    stolenTicks: machine[7],
    allTicks: machine.reduce((sum, ticks) => sum + ticks, 0),
    load: loadavg()[0],
  };
}

/** Samples of a stretch of time as one row: medians, and what passed between the first and the last. */
export function summarise(samples) {
  const [first, last] = [samples[0], samples.at(-1)];
  const seconds = (last.atMs - first.atMs) / 1_000;
  const medianOf = (read) => quantile(samples.map(read), 0.5);
  return {
    residentBytes: medianOf(({ residentBytes }) => residentBytes),
    openFiles: medianOf(({ openFiles }) => openFiles),
    threads: medianOf(({ threads }) => threads),
    cpuShare: seconds === 0 ? 0 : (last.cpuSeconds - first.cpuSeconds) / seconds,
    stolenShare: (last.stolenTicks - first.stolenTicks) / Math.max(1, last.allTicks - first.allTicks),
    load: medianOf(({ load }) => load),
  };
}

export function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null;
}
