import { readModelName } from '../../app/training.js';
import { TradeAiError } from '../../core/errors.js';
import type { CheckResult, CheckStatus, DoctorReport, ModelDiagnosis } from '../../doctor/report.js';
import type { Colors } from '../console.js';
import { type FlagValues, readText, readWholeNumber } from '../flag-values.js';
import { printResult, type Shell } from '../shell.js';

/** Exit status when something is a problem: the model is refused. */
const PROBLEM_STATUS = 5;

/** `tradeai doctor [SYMBOL]` */
export async function runDoctor(shell: Shell, symbol: string | undefined, flags: FlagValues): Promise<void> {
  const { console, workspace } = shell;
  const name = await readName(shell, symbol, flags);
  if (name === undefined && (flags.data !== undefined || flags.versionNumber !== undefined)) {
    throw new TradeAiError('USAGE', '--data and --version-number are of one model: doctor needs its symbol', {
      commandHint: 'for example `tradeai doctor BTCUSDT --data candles.csv.gz`',
    });
  }
  const report = await workspace.doctor(name, {
    version: readWholeNumber(flags.versionNumber, '--version-number'),
    data: readText(flags.data),
    timeZone: readText(flags.timeZone),
    source: readText(flags.source),
    offline: flags.offline === true,
    home: readText(flags.home),
    signal: shell.signal,
    onModel: (model) => {
      if (console.isLive) console.redraw([`examining ${model} …`]);
    },
  });
  if (console.isLive) console.redraw([]);
  console.settle();
  // a pipe takes lines of any length
  const columns = console.colors.isColorSupported ? console.columns : Number.POSITIVE_INFINITY;
  printResult(shell, report, () => formatDoctorReport(report, console.colors, columns));
  if (report.status === 'problem') process.exitCode = PROBLEM_STATUS;
}

/** The model that is meant by its name, or by its symbol and interval. */
async function readName(
  { workspace }: Shell,
  symbol: string | undefined,
  flags: FlagValues,
): Promise<string | undefined> {
  const named = readText(flags.name) ?? (flags.interval === undefined ? symbol : undefined);
  if (named !== undefined) return workspace.findModel(named);
  return symbol === undefined ? undefined : workspace.findModel(readModelName(symbol, readText(flags.interval)));
}

/**
 * A diagnosis for people: one line a check, and for what is not ok the likely cause and the command below it.
 *
 * @param columns where sentences are broken; commands never are
 */
export function formatDoctorReport(
  { models }: DoctorReport,
  colors: Colors,
  columns = Number.POSITIVE_INFINITY,
): string {
  const checks = models.flatMap((model) => model.checks);
  const problems = checks.filter(({ status }) => status === 'problem').length;
  const warnings = checks.filter(({ status }) => status === 'warning').length;
  const counts = [count(problems, 'problem'), count(warnings, 'warning')].filter(Boolean).join(', ');
  const of = models.length === 1 ? '' : ` in ${models.length} models`;
  const total = counts === '' ? colors.green(`Nothing is wrong${of}.`) : `${counts}${of}.`;
  return [...models.map((model) => formatModel(model, colors, columns)), total].join('\n\n');
}

function formatModel(
  { name, version, symbol, interval, checks }: ModelDiagnosis,
  colors: Colors,
  columns: number,
): string {
  const market = symbol === null || interval === null ? '' : `, ${symbol} ${interval}`;
  const title = `${colors.bold(name)} ${colors.dim(`${version === null ? 'unreadable' : `version ${version}`}${market}`)}`;
  return [title, ...checks.flatMap((check) => formatCheck(check, colors, columns))].join('\n');
}

const LABELS: Readonly<Record<CheckStatus, string>> = {
  ok: 'ok',
  warning: 'warning',
  problem: 'problem',
  'not-checked': '–',
};
const LABEL_WIDTH = 9;
const NAME_WIDTH = 15;
const INDENT_WIDTH = 2 + LABEL_WIDTH + NAME_WIDTH;
/** Narrower text is harder to read than lines the terminal breaks. */
const NARROWEST = 30;

function formatCheck(
  { check, status, finding, cause, command }: CheckResult,
  colors: Colors,
  columns: number,
): string[] {
  const paint = { ok: colors.green, warning: colors.yellow, problem: colors.red, 'not-checked': colors.dim }[status];
  const isQuiet = status === 'ok' || status === 'not-checked';
  const indent = ' '.repeat(INDENT_WIDTH);
  const lay = (text: string) => breakLines(text, columns - INDENT_WIDTH - 1);
  const [first, ...rest] = lay(status === 'not-checked' ? `not checked: ${finding}` : finding);
  const say = (line: string) => (isQuiet ? colors.dim(line) : line);
  const lines = [
    `  ${paint(LABELS[status].padEnd(LABEL_WIDTH))}${check.replace('-', ' ').padEnd(NAME_WIDTH)}${say(first)}`,
    ...rest.map((line) => indent + say(line)),
  ];
  if (cause !== null) lines.push(...lay(`likely cause: ${cause}`).map((line) => indent + line));
  if (command !== null) lines.push(`${indent}${colors.bold(command)}`);
  return lines;
}

/** Breaks a sentence between words. */
function breakLines(text: string, width: number): string[] {
  if (width < NARROWEST) return [text];
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines[lines.length - 1];
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}

function count(value: number, noun: string): string {
  return value === 0 ? '' : `${value} ${noun}${value === 1 ? '' : 's'}`;
}
