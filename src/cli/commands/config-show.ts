import { readWorkspaceConfig } from '../../app/workspace-config.js';
import type { PlainObject } from '../../core/plain-data.js';
import type { WorkspaceConfig } from '../../options/config.js';
import { parseTrainOptions, trainOptionsSchema } from '../../options/train-options.js';
import type { FlagValues } from '../flag-values.js';
import { type GivenOptions, gatherOptions } from '../settings.js';
import { printResult, type Shell } from '../shell.js';
import { flagOf } from '../train-flags.js';

/** One value in force and where it comes from. */
export interface ShownValue {
  /** As a path: `epochs`, `serve.port`. */
  readonly key: string;
  readonly value: unknown;
  /** `default`, a flag, a variable, or the path of the config. */
  readonly source: string;
}

const DEFAULT = 'default';
/** Stands for a symbol where nobody named one. */
const ANY_SYMBOL = 'ANY';

/** `tradeai config show` */
export async function showConfig(shell: Shell, flags: FlagValues): Promise<void> {
  const config = await readWorkspaceConfig(shell.home);
  const given = gatherOptions(flags, shell.environment, config);
  checkOptions(given, config);
  const values = [...trainValues(given), ...sectionValues(config), ...variableValues(config, shell.environment)];
  printResult(shell, { home: shell.home, configFile: config.path === '' ? null : config.path, values }, () => {
    const { dim } = shell.console.colors;
    const keyWidth = Math.max(...values.map(({ key }) => key.length));
    const sources = values.map(({ source }) => shorten(source, config));
    const sourceWidth = Math.max(...sources.map((source) => source.length));
    return [
      config.path === '' ? `no tradeai.config in ${shell.home} (\`tradeai init\` writes one)` : config.path,
      '',
      ...values.map(({ key, value }, index) =>
        [key.padEnd(keyWidth), dim(sources[index].padEnd(sourceWidth)), showValue(value)].join('  '),
      ),
    ].join('\n');
  });
}

/** What a training would say of them, for each symbol of the config. @throws TradeAiError */
function checkOptions({ values, places }: GivenOptions, config: WorkspaceConfig): void {
  const listed = config.symbols.length > 0 ? config.symbols : [ANY_SYMBOL];
  const symbols = typeof values.symbol === 'string' ? [values.symbol] : listed;
  for (const symbol of symbols) {
    parseTrainOptions({ ...values, symbol }, (name) => places.get(name) ?? flagOf(name), config);
  }
}

function trainValues({ values, places }: GivenOptions): ShownValue[] {
  const defaults: PlainObject = { ...trainOptionsSchema.parse({ symbol: '-' }), symbol: undefined };
  return Object.keys(trainOptionsSchema.shape).map((key) => ({
    key,
    value: values[key] ?? defaults[key] ?? null,
    source: places.get(key) ?? DEFAULT,
  }));
}

function sectionValues(config: WorkspaceConfig): ShownValue[] {
  const { symbols, intervals, models, columns, customFeatures, schedule, serve } = config;
  const sourceOf = (key: string) => (config.given.has(key) ? `${key} in ${config.path}` : DEFAULT);
  const section = (name: string, values: object) =>
    Object.entries(values).map(([key, value]) => ({
      key: `${name}.${key}`,
      value,
      source: sourceOf(`${name}.${key}`),
    }));
  return [
    { key: 'symbols', value: symbols, source: sourceOf('symbols') },
    { key: 'intervals', value: intervals, source: sourceOf('intervals') },
    ...[...models].flatMap(([name, part]) => section(`models.${name}`, part)),
    { key: 'columns', value: columns, source: sourceOf('columns') },
    {
      key: 'customFeatures',
      value: customFeatures.map(({ name, warmUp, columns: used, sourceSha256 }) => ({
        name,
        warmUp,
        columns: used,
        sourceSha256,
      })),
      source: sourceOf('customFeatures'),
    },
    ...section('schedule', { retrain: null, ...schedule }),
    ...section('serve', {
      ...serve,
      webhooks: serve.webhooks.map((hook) => ({ ...hook, url: hideSecrets(hook.url) })),
    }),
  ];
}

/** Variables that hold secrets: whether they are set, never what they hold. */
function variableValues({ serve }: WorkspaceConfig, environment: NodeJS.ProcessEnv): ShownValue[] {
  const names = new Set([serve.tokenEnv, ...serve.webhooks.flatMap(({ secretEnv }) => secretEnv ?? [])]);
  return [...names].map((name) => ({
    key: name,
    value: environment[name] ? 'set (not shown)' : 'not set',
    source: 'environment',
  }));
}

/** The addresses of many webhooks are secrets themselves, in their path or their user part. */
function hideSecrets(url: string): string {
  return `${new URL(url).origin}/…`;
}

function showValue(value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value) && value.every((entry) => typeof entry !== 'object')) return value.join(', ') || '–';
  return JSON.stringify(value);
}

/** The path of the config stands above the table. */
function shorten(source: string, { path }: WorkspaceConfig): string {
  return path !== '' && source.endsWith(` in ${path}`) ? 'config' : source;
}
