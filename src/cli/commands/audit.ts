import type { PipelineAuditReport } from '../../checks/audit.js';
import { type AuditCheckReport, leakErrorOf } from '../../evaluation/audit/report.js';
import { readTrainFlags } from '../../options/train-flags.js';
import { formatCount } from '../../text/numbers.js';
import { formatDuration, formatStamp } from '../../text/times.js';
import type { Colors } from '../console.js';
import { exitStatusOf } from '../exit-status.js';
import type { FlagValues } from '../flag-values.js';
import { printResult, printWarnings, type Shell } from '../shell.js';

/** Findings shown of one check; `--json` has them all. */
const SHOWN_FINDINGS = 5;

/** `tradeai audit`: exit status 4 when a leak is found. */
export async function runAudit(shell: Shell, flags: FlagValues): Promise<void> {
  const { console } = shell;
  const report = await shell.workspace.audit(readTrainFlags(flags), {
    signal: shell.signal,
    onCheck: (name) => {
      if (console.isLive) console.redraw([console.noteColors.dim(`checking ${name} …`)]);
    },
  });
  if (console.isLive) console.redraw([]);
  printWarnings(shell, report.warnings);
  printResult(shell, report, () => formatAudit(report, console.colors));
  const error = leakErrorOf(report);
  if (error !== undefined) process.exitCode = exitStatusOf(error);
}

/** One line a check, the findings below it, and the outcome in a sentence. */
function formatAudit(report: PipelineAuditReport, colors: Colors): string {
  const { symbol, interval, data, features, horizonSteps, checks, passed } = report;
  const nameWidth = Math.max(...checks.map(({ name }) => name.length));
  const findings = checks.flatMap((check) => check.findings);
  const columns = new Set(findings.map(({ column }) => column));
  return [
    `${colors.bold(`${symbol} ${interval}`)}: ${formatCount(data.rows)} candles, ${formatStamp(data.firstOpenTimeMs)} to ${formatStamp(data.lastOpenTimeMs)} UTC, ${features.length} features, horizon ${horizonSteps}`,
    ...checks.flatMap((check) => formatCheck(check, nameWidth, colors)),
    passed
      ? colors.green('No leak found: nothing that a model is trained or judged on knows its future.')
      : colors.red(
          `The future leaks into ${[...columns].slice(0, SHOWN_FINDINGS).join(', ')}${columns.size > SHOWN_FINDINGS ? ` and ${columns.size - SHOWN_FINDINGS} more` : ''}. No result on these numbers means anything before that is gone.`,
        ),
  ].join('\n');
}

function formatCheck(check: AuditCheckReport, nameWidth: number, { red, green, dim }: Colors): string[] {
  const { name, description, passed, findings, seconds } = check;
  const mark = passed ? green('✓') : red('✗');
  const shown = findings.slice(0, SHOWN_FINDINGS);
  const hints = [...new Set(shown.map(({ hint }) => hint))];
  return [
    `${mark} ${name.padEnd(nameWidth)}  ${description} ${dim(`(${formatDuration(seconds)})`)}`,
    ...shown.map(({ column, message }) => `    ${column}: ${message}`),
    ...(findings.length > shown.length ? [`    and ${findings.length - shown.length} more columns (see --json)`] : []),
    ...hints.map((hint) => dim(`    → ${hint}`)),
  ];
}
