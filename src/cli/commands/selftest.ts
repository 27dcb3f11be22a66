import type { SelftestReport } from '../../checks/selftest.js';
import { formatNumber, formatPercent } from '../../text/numbers.js';
import { formatDuration } from '../../text/times.js';
import { type FlagValues, readEngine, readText, readWholeNumber } from '../flag-values.js';
import { formatTable } from '../format.js';
import { printResult, type Shell } from '../shell.js';

/** `tradeai selftest` */
export async function runSelftestCommand(shell: Shell, flags: FlagValues): Promise<void> {
  const { console } = shell;
  const startedMs = Date.now();
  const report = await shell.workspace.selftest(
    {
      ...readCounts(flags),
      data: readText(flags.data),
      timeZone: readText(flags.timeZone),
      engine: readEngine(flags.engine),
    },
    {
      signal: shell.signal,
      onMarket: (done, total) => {
        const left = ((Date.now() - startedMs) / 1000 / done) * (total - done);
        if (console.isLive) console.redraw([`${done} of ${total} markets judged, about ${formatDuration(left)} left`]);
      },
    },
  );
  if (console.isLive) console.redraw([]);
  console.settle();
  printResult(shell, report, () => formatSelftest(report, shell));
}

/** `--null 200` alone leaves the planted markets out, and the other way round. */
function readCounts(flags: FlagValues): { nullMarkets?: number; plantedMarkets?: number } {
  if (flags.null === undefined && flags.planted === undefined) return {};
  const read = (value: string | boolean | undefined, flag: string) =>
    value === undefined ? 0 : value === true ? undefined : readWholeNumber(value, flag);
  return { nullMarkets: read(flags.null, '--null'), plantedMarkets: read(flags.planted, '--planted') };
}

function formatSelftest(report: SelftestReport, { console }: Shell): string {
  const { bold, dim } = console.colors;
  const lines = [dim(`${report.engine} engine, ${formatDuration(report.seconds)}`)];
  const percent = ([low, high]: readonly [number, number]) => `${formatPercent(low)} to ${formatPercent(high)}`;
  if (report.null) {
    const { markets, skillVerdicts, share, ci95, byKind } = report.null;
    lines.push(
      '',
      bold('Markets where nothing can be known'),
      `${skillVerdicts} of ${markets} got the verdict "skill": ${formatPercent(share)} (95 %: ${percent(ci95)}); the nominal rate is 5 %.`,
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
          formatPercent(point.plantedR2),
          formatNumber(point.attainableIc, 3),
          String(point.rows),
          String(point.markets),
          formatPercent(point.power),
          percent(point.ci95),
          formatPercent(point.recovered),
        ]),
        console.colors,
      ),
    );
  }
  return lines.join('\n');
}
