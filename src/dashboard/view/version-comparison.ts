/** Two versions of a model side by side: the figures of their reports, and what was different in the making. */

import { formatChance, formatCount, formatNumber, formatPercent, MISSING } from '../../text/numbers.js';
import { formatDay } from '../../text/times.js';
import type { VersionDetail, VersionSummary } from '../../wire/wire.js';

type Test = NonNullable<VersionSummary['test']>;

export interface ComparisonRow {
  readonly name: string;
  readonly left: string;
  readonly right: string;
  /** Which side has the better figure; `undefined` where none is or where better means nothing. */
  readonly better: 'left' | 'right' | undefined;
  readonly meaning?: string;
}

export interface Comparison {
  readonly figures: readonly ComparisonRow[];
  /** Only what differs. */
  readonly making: readonly ComparisonRow[];
  /** Why the figures are not to be compared as they stand; empty where they are. */
  readonly cautions: readonly string[];
}

interface Figure {
  readonly key: keyof Test;
  readonly name: string;
  readonly format: (value: number | null) => string;
  /** `nearest` a value, or `more` or `less`. */
  readonly better: 'more' | 'less' | number | undefined;
  readonly meaning: string;
}

const FIGURES: readonly Figure[] = [
  {
    key: 'rows',
    name: 'Test rows',
    format: (value) => (value === null ? MISSING : formatCount(value)),
    better: undefined,
    meaning: 'Candles it was judged on and never saw.',
  },
  {
    key: 'r2',
    name: 'R²',
    format: (value) => formatPercent(value, 3, { isSigned: true }),
    better: 'more',
    meaning: 'Against “no change”; above 0 is better than that.',
  },
  {
    key: 'ic',
    name: 'Correlation (IC)',
    format: (value) => formatNumber(value, 4, { isSigned: true }),
    better: 'more',
    meaning: 'Of forecast and outcome.',
  },
  {
    key: 'directionalAccuracy',
    name: 'Direction right',
    format: (value) => formatPercent(value, 2),
    better: 'more',
    meaning: 'Share of forecasts with the right sign.',
  },
  {
    key: 'pValue',
    name: 'p value',
    format: formatChance,
    better: 'less',
    meaning: 'Chance of such a lead over “no change” without any skill.',
  },
  {
    key: 'brier',
    name: 'Brier score',
    format: (value) => formatNumber(value, 4),
    better: 'less',
    meaning: 'Of the confidence; 0.25 is a coin.',
  },
  {
    key: 'ece',
    name: 'Calibration error',
    format: (value) => formatNumber(value, 4),
    better: 'less',
    meaning: 'Mean distance of confidence and hit rate.',
  },
  {
    key: 'intervalCoverage',
    name: 'Inside the 80 % interval',
    format: (value) => formatPercent(value, 1),
    better: 0.8,
    meaning: '80 % is right.',
  },
  {
    key: 'netReturn',
    name: 'Net return',
    format: (value) => formatPercent(value, 2, { isSigned: true }),
    better: 'more',
    meaning: 'Of the signals over the test rows, after costs.',
  },
  {
    key: 'sharpe',
    name: 'Sharpe ratio',
    format: (value) => formatNumber(value, 2, { isSigned: true }),
    better: 'more',
    meaning: 'Of the same, a year.',
  },
];

/** Options that say where, not how. */
const UNTOLD = ['offline', 'threads', 'name', 'home'];

export function compareVersions(left: VersionDetail, right: VersionDetail): Comparison {
  const [a, b] = [left.summary, right.summary];
  return { figures: compareFigures(a, b), making: compareMaking(left, right), cautions: findCautions(left, right) };
}

function compareFigures(left: VersionSummary, right: VersionSummary): ComparisonRow[] {
  return FIGURES.map(({ key, name, format, better, meaning }) => {
    const [a, b] = [left.test?.[key] ?? null, right.test?.[key] ?? null];
    const isSame = format(a) === format(b);
    return {
      name,
      left: format(a),
      right: format(b),
      better: a === null || b === null || isSame ? undefined : betterOf(a, b, better),
      meaning,
    };
  });
}

function betterOf(left: number, right: number, better: Figure['better']): ComparisonRow['better'] {
  if (better === undefined) return undefined;
  const [a, b] =
    better === 'more'
      ? [left, right]
      : better === 'less'
        ? [-left, -right]
        : [-Math.abs(left - better), -Math.abs(right - better)];
  return a === b ? undefined : a > b ? 'left' : 'right';
}

function compareMaking(left: VersionDetail, right: VersionDetail): ComparisonRow[] {
  const [a, b] = [left.summary, right.summary];
  const rows: [name: string, left: string, right: string][] = [
    ['Engine', a.engine, b.engine],
    ['Seed', `${a.seed}`, `${b.seed}`],
    ['Source', a.data.source, b.data.source],
    ['Candles', formatCount(a.data.rows), formatCount(b.data.rows)],
    ['First candle', formatDay(a.data.firstOpenTimeMs), formatDay(b.data.firstOpenTimeMs)],
    ['Last candle', formatDay(a.data.lastOpenTimeMs), formatDay(b.data.lastOpenTimeMs)],
    ['Only these features', namesWithout(a.featureNames, b.featureNames), namesWithout(b.featureNames, a.featureNames)],
    ...compareOptions(optionsOf(left), optionsOf(right)),
  ];
  return rows.filter(([, x, y]) => x !== y).map(([name, x, y]) => ({ name, left: x, right: y, better: undefined }));
}

function compareOptions(
  left: Record<string, unknown>,
  right: Record<string, unknown>,
): [name: string, left: string, right: string][] {
  return [...new Set([...Object.keys(left), ...Object.keys(right)])]
    .filter((key) => !UNTOLD.includes(key) && !['features', 'seed', 'engine', 'source'].includes(key))
    .map((key) => [`Option ${key}`, optionText(left[key]), optionText(right[key])]);
}

function findCautions(left: VersionDetail, right: VersionDetail): string[] {
  const [a, b] = [left.summary, right.summary];
  if (a.test === null || b.test === null) return ['One of the two has no test figures.'];
  const periodOf = ({ report }: VersionDetail) => {
    const test = report['test'];
    return typeof test === 'object' && test !== null && 'fromMs' in test && 'toMs' in test
      ? `${test.fromMs} ${test.toMs}`
      : '';
  };
  return a.test.rows === b.test.rows && periodOf(left) === periodOf(right) && a.data.source === b.data.source
    ? []
    : ['The two were judged on different rows: part of the difference is the market, not the model.'];
}

function optionsOf({ report }: VersionDetail): Record<string, unknown> {
  const config = report['config'];
  return typeof config === 'object' && config !== null ? (config as Record<string, unknown>) : {};
}

function optionText(value: unknown): string {
  if (value === undefined || value === null) return MISSING;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function namesWithout(names: readonly string[], others: readonly string[]): string {
  const own = names.filter((name) => !others.includes(name));
  return own.length === 0 ? MISSING : own.join(', ');
}
