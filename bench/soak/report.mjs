// What a soak has shown, by quarter, and whether that is what a server of months has to show.
import { quantile, summarise } from './measure.mjs';

const CANDLE_MS = 1_000;
/** Growth from the second quarter to the last. The first one warms up: code is compiled, caches are filled. */
const LIMITS = { residentBytes: 0.1, cpuShare: 0.25 };
/** Files that a request or a training under way holds open for a moment. */
const OPEN_FILES_SLACK = 3;

/**
 * @param part from and to in milliseconds, the samples between, and what the load has seen
 * @param ledgers of every model: its entries, any order
 */
export function describeQuarter({ fromMs, toMs, samples, seen }, ledgers) {
  const forecasts = ledgers.map(({ name, entries }) => countForecasts(name, entries, fromMs, toMs));
  const delaysMs = forecasts.flatMap(({ delaysMs }) => delaysMs);
  return {
    fromMs,
    toMs,
    candles: forecasts.reduce((sum, { candles }) => sum + candles, 0),
    missed: Object.fromEntries(forecasts.map(({ name, missedMs }) => [name, missedMs])),
    late: forecasts.reduce((sum, { late }) => sum + late, 0),
    delayMs: { median: quantile(delaysMs, 0.5), p99: quantile(delaysMs, 0.99), max: quantile(delaysMs, 1) },
    requests: seen.requests,
    requestMs: { median: quantile(seen.latenciesMs, 0.5), p99: quantile(seen.latenciesMs, 0.99) },
    failures: Object.fromEntries(seen.failures),
    reconnects: seen.reconnects,
    eventsMissing: countMissingEvents(seen, ledgers, fromMs, toMs),
    ...summarise(samples),
  };
}

/** Candles that closed within [fromMs, toMs), and what the ledger holds of them. */
function countForecasts(name, entries, fromMs, toMs) {
  const byCandle = new Map();
  for (const entry of entries) {
    if (entry.role === 'champion' && entry.asOfMs >= fromMs && entry.asOfMs < toMs) byCandle.set(entry.asOfMs, entry);
  }
  const missedMs = [];
  let candles = 0;
  for (let closedMs = Math.ceil(fromMs / CANDLE_MS) * CANDLE_MS; closedMs < toMs; closedMs += CANDLE_MS) {
    candles += 1;
    if (!byCandle.has(closedMs)) missedMs.push(closedMs);
  }
  const made = [...byCandle.values()];
  return {
    name,
    candles,
    missedMs,
    late: made.filter(({ servedAtMs, targetTimeMs }) => servedAtMs >= targetTimeMs).length,
    delaysMs: made.map(({ servedAtMs, asOfMs }) => servedAtMs - asOfMs),
  };
}

/** Forecasts of the ledger that a stream was not told of. */
function countMissingEvents({ told, streams }, ledgers, fromMs, toMs) {
  let missing = 0;
  for (const { name, entries } of ledgers) {
    for (const { role, asOfMs } of entries) {
      if (role !== 'champion' || asOfMs < fromMs || asOfMs >= toMs) continue;
      for (let stream = 0; stream < streams; stream++) if (!told.has(`${stream} ${name} ${asOfMs}`)) missing += 1;
    }
  }
  return missing;
}

/**
 * @param jobs as the server lists them; one has to be done where `isTrainingDue`
 * @param complaints lines of the log at level warn and above, of a time in which nothing was wrong
 * @returns what is not as it has to be, in words
 */
export function findFaults({ quarters, jobs, isTrainingDue, complaints, status, refusedLoads }) {
  const faults = [];
  const check = (isFault, text) => isFault && faults.push(text);
  for (const [i, quarter] of quarters.entries()) {
    const which = `quarter ${i + 1}`;
    for (const [name, missedMs] of Object.entries(quarter.missed)) {
      const first = missedMs.slice(0, 3).map((timeMs) => new Date(timeMs).toISOString());
      check(
        missedMs.length > 0,
        `${which}: ${missedMs.length} candles of ${name} have no forecast, from ${first.join(', ')}`,
      );
    }
    check(quarter.late > 0, `${which}: ${quarter.late} forecasts were made after the candle they speak of had closed`);
    check(quarter.eventsMissing > 0, `${which}: ${quarter.eventsMissing} events did not come`);
    check(quarter.reconnects > 0, `${which}: ${quarter.reconnects} streams of events were cut off`);
    for (const [what, count] of Object.entries(quarter.failures)) faults.push(`${which}: ${count} × ${what}`);
  }
  if (quarters.length === 4) {
    const [, second, , last] = quarters;
    for (const [figure, limit] of Object.entries(LIMITS)) {
      const growth = last[figure] / second[figure] - 1;
      check(
        growth > limit,
        `${figure} grew by ${percent(growth)} from the second quarter to the last; ${percent(limit)} at most`,
      );
    }
    const more = last.openFiles - second.openFiles;
    check(more > OPEN_FILES_SLACK, `${more} more files are open in the last quarter than in the second`);
  }
  check(isTrainingDue && !jobs.some(({ state }) => state === 'done'), 'no training was done');
  for (const { name, state, error } of jobs) {
    check(state === 'failed', `a training of ${name} failed: ${JSON.stringify(error)}`);
  }
  for (const [text, count] of complaints) faults.push(`the log complains ${count} ×: ${text}`);
  check(refusedLoads > 0, `${refusedLoads} versions were refused`);
  check(status !== 0, `the server ended with ${status}`);
  return faults;
}

const COLUMNS = [
  ['candles', ({ candles }) => candles],
  ['missed', ({ missed }) => Object.values(missed).reduce((sum, { length }) => sum + length, 0)],
  ['late', ({ late }) => late],
  ['delay p50', ({ delayMs }) => milliseconds(delayMs.median)],
  ['p99', ({ delayMs }) => milliseconds(delayMs.p99)],
  ['max', ({ delayMs }) => milliseconds(delayMs.max)],
  ['requests', ({ requests }) => requests],
  ['failed', ({ failures }) => Object.values(failures).reduce((sum, count) => sum + count, 0)],
  ['p99', ({ requestMs }) => milliseconds(requestMs.p99)],
  ['RSS', ({ residentBytes }) => `${(residentBytes / 2 ** 20).toFixed(0)} MiB`],
  ['CPU', ({ cpuShare }) => percent(cpuShare)],
  ['files', ({ openFiles }) => openFiles],
  ['threads', ({ threads }) => threads],
  ['stolen', ({ stolenShare }) => percent(stolenShare)],
  ['load', ({ load }) => load.toFixed(1)],
];

export function formatTable(quarters) {
  const rows = [['', ...COLUMNS.map(([title]) => title)]];
  for (const [i, quarter] of quarters.entries())
    rows.push([`Q${i + 1}`, ...COLUMNS.map(([, read]) => String(read(quarter)))]);
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => row.map((cell, column) => cell.padStart(widths[column])).join('  ')).join('\n');
}

const percent = (share) => `${(100 * share).toFixed(1)} %`;
const milliseconds = (value) => (value === null ? '–' : `${value.toFixed(0)} ms`);
