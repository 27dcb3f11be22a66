import { runSelftest, type SelftestReport } from '../../checks/selftest.js';
import { type FlagValues, readEngine, readWholeNumber } from '../flag-values.js';
import { formatDuration, formatShare, formatTable } from '../format.js';
import { printResult, type Shell } from '../shell.js';

const DEFAULT_NULL_MARKETS = 60;
const DEFAULT_PLANTED_MARKETS = 10;

/** `tradeai selftest` */
export async function runSelftestCommand(shell: Shell, flags: FlagValues): Promise<void> {
  const { console, ports } = shell;
  const counts = readCounts(flags);
  const base = typeof flags.data === 'string' ? (await ports.readCandleFile(flags.data, {})).series : undefined;
  const startedMs = ports.now();
  const report = await runSelftest(
    { ...counts, base, seed: 1, engine: readEngine(flags.engine) ?? 'auto', threads: 0 },
    ports,
    {
      signal: shell.signal,
      onMarket: (done, total) => {
        const left = ((ports.now() - startedMs) / 1000 / done) * (total - done);
        if (console.isLive) console.redraw([`${done} of ${total} markets judged, about ${formatDuration(left)} left`]);
      },
    },
  );
  if (console.isLive) console.redraw([]);
  console.settle();
  printResult(shell, report, () => formatSelftest(report, shell));
}

/** `--null 200` alone leaves the planted markets out, and the other way round. */
function readCounts(flags: FlagValues): { nullMarkets: number; plantedMarkets: number } {
  const read = (value: string | boolean | undefined, flag: string, fallback: number) =>
    typeof value === 'string' ? readWholeNumber(value, flag) : value === true ? fallback : 0;
  if (flags.null === undefined && flags.planted === undefined) {
    return { nullMarkets: DEFAULT_NULL_MARKETS, plantedMarkets: DEFAULT_PLANTED_MARKETS };
  }
  return {
    nullMarkets: read(flags.null, '--null', DEFAULT_NULL_MARKETS),
    plantedMarkets: read(flags.planted, '--planted', DEFAULT_PLANTED_MARKETS),
  };
}

function formatSelftest(report: SelftestReport, { console }: Shell): string {
  const { bold, dim } = console.colors;
  const lines = [dim(`${report.engine} engine, ${formatDuration(report.seconds)}`)];
  const percent = ([low, high]: readonly [number, number]) => `${formatShare(low)} to ${formatShare(high)}`;
  if (report.null) {
    const { markets, skillVerdicts, share, ci95, byKind } = report.null;
    lines.push(
      '',
      bold('Markets where nothing can be known'),
      `${skillVerdicts} of ${markets} got the verdict "skill": ${formatShare(share)} (95 %: ${percent(ci95)}); the nominal rate is 5 %.`,
      ...Object.entries(byKind).map(([kind, found]) => dim(`  ${kind}: ${found.skillVerdicts} of ${found.markets}`)),
    );
  }
  if (report.planted) {
    lines.push(
      '',
      bold('Markets with a planted signal'),
      formatTable(
        ['planted R²', 'attainable IC', 'candles', 'markets', 'power', '95 %', 'recovered'],
        report.planted.map((point) => [
          formatShare(point.plantedR2),
          point.attainableIc.toFixed(3),
          String(point.rows),
          String(point.markets),
          formatShare(point.power),
          percent(point.ci95),
          formatShare(point.recovered),
        ]),
        console.colors,
      ),
    );
  }
  return lines.join('\n');
}
