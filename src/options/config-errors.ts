/** What is wrong with a config, told with the path of the key, what was expected, and what was found. */

import { distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import { TradeAiError } from '../core/errors.js';
import { columnSchema } from './column-options.js';
import { scheduleOptionsSchema, serveOptionsSchema, webhookSchema } from './serve-options.js';
import { describeExpected, type TrainOptionName } from './train-options.js';

/** What messages need to know of the file. */
export interface ConfigPlace {
  readonly path: string;
  readonly trainNames: readonly string[];
  readonly sectionNames: readonly string[];
}

type Path = readonly PropertyKey[];

/** The first of the issues as an error. @param values what was checked */
export function configError(error: z.ZodError, values: unknown, place: ConfigPlace): TradeAiError {
  // A misspelt key is the reason why the right one is missing.
  const issue = error.issues.find(({ code }) => code === 'unrecognized_keys') ?? error.issues[0];
  if (issue.code === 'unrecognized_keys') return unknownKeyError(issue.path, issue.keys[0], place);
  const found = valueAt(values, issue.path);
  return new TradeAiError(
    'CONFIG_INVALID',
    `${place.path}: ${showPath(issue.path)}: ${expectedOf(issue, place)}, was ${showValue(found, issue.path)}`,
  );
}

/** @param parent path of the object that has the key */
export function unknownKeyError(parent: Path, key: string, place: ConfigPlace): TradeAiError {
  const known = keysAt(parent, place);
  const what = parent.length === 0 ? 'unknown option' : 'unknown key';
  return new TradeAiError('CONFIG_INVALID', `${place.path}: ${what} ${showPath([...parent, key])}`, {
    hint: `${suggest(key, known)}There are ${known.join(', ')}`,
  });
}

/** Comparing takes time by the length, and no name of ours comes near it. */
const LONGEST_KEY = 64;

/** The nearest names, all that are equally near; nothing where none is. */
function suggest(key: string, known: readonly string[]): string {
  if (key.length > LONGEST_KEY) return '';
  const distances = known.map((name) => distance(key, name));
  const least = Math.min(...distances);
  if (least > Math.max(1, key.length / 2)) return '';
  return `did you mean ${known.filter((_, index) => distances[index] === least).join(' or ')}? `;
}

/** The keys that an object at this path may have. */
function keysAt([section, ...rest]: Path, { trainNames, sectionNames }: ConfigPlace): readonly string[] {
  switch (section) {
    case undefined:
      return [...new Set([...trainNames, ...sectionNames])];
    case 'columns':
      return Object.keys(columnSchema.shape);
    case 'schedule':
      return rest[0] === 'retrain' ? ['everyCandles'] : [...Object.keys(scheduleOptionsSchema.shape), 'learningRate'];
    case 'serve':
      return Object.keys(rest[0] === 'webhooks' ? webhookSchema.shape : serveOptionsSchema.shape);
    default:
      return trainNames;
  }
}

function expectedOf(issue: z.core.$ZodIssue, { trainNames }: ConfigPlace): string {
  const [first, , third] = issue.path;
  const option = first === 'models' ? third : first;
  if (option !== undefined && trainNames.includes(String(option)) && first !== 'schedule') {
    return `expected ${describeExpected(option as TrainOptionName)}`;
  }
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${TYPE_NAMES[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `expected one of ${issue.values.join(', ')}`;
    case 'too_small':
      return `expected ${issue.origin === 'string' || issue.origin === 'array' ? 'a length of ' : ''}${issue.minimum} or more`;
    case 'too_big':
      return `expected ${issue.origin === 'string' || issue.origin === 'array' ? 'a length of ' : ''}${issue.maximum} or less`;
    default:
      return issue.message;
  }
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

/** `columns[0].delay` */
function showPath(path: Path): string {
  return path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : `${text}${text === '' ? '' : '.'}${String(key)}`),
    '',
  );
}

function valueAt(values: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], values);
}

/** Whoever puts a secret where its variable's name belongs does not find it in a log. */
const SECRET_PATTERN = /env$|token|secret|password|key$/i;

function showValue(value: unknown, path: Path): string {
  if (value === undefined) return 'nothing';
  if (SECRET_PATTERN.test(String(path[path.length - 1] ?? ''))) return 'something else (not shown)';
  if (typeof value === 'function') return 'a function';
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
