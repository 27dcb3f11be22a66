import { isRefused } from '../../candles/check-quality.js';
import { type FlagValues, readText } from '../flag-values.js';
import { printResult, printWarnings, type Shell } from '../shell.js';
import { formatDataReport, formatUnreadable } from './data-report.js';

/** That of refused data: something is wrong with it, or a training would refuse it. */
const REFUSED_STATUS = 4;

/** `tradeai data check` */
export async function checkData(shell: Shell, flags: FlagValues): Promise<void> {
  const { workspace, console } = shell;
  const choice = {
    symbol: readText(flags.symbol),
    interval: readText(flags.interval),
    source: readText(flags.source),
  };
  const file = readText(flags.data);
  const reports =
    file === undefined
      ? await workspace.checkCandles(choice)
      : [await workspace.checkCandleFile(file, { ...choice, timeZone: readText(flags.timeZone) })];
  printWarnings(
    shell,
    reports.flatMap((report) => ('problem' in report ? [] : report.notices)),
  );
  printResult(shell, reports, () =>
    reports
      .map((report) =>
        'problem' in report ? formatUnreadable(report, console.colors) : formatDataReport(report, console.colors),
      )
      .join('\n\n'),
  );
  if (reports.some(isRefused)) process.exitCode = REFUSED_STATUS;
}
