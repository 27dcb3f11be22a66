/** Values from a file or from elsewhere, copied into objects without a prototype: no key of theirs can reach a prototype. */

import { TradeAiError } from './errors.js';

const FORBIDDEN_KEYS = ['__proto__', 'constructor', 'prototype'];
const MAXIMUM_DEPTH = 32;

/** An object that inherits nothing. */
export type PlainObject = Record<string, unknown>;

/**
 * Copies plain objects, lists and single values; functions pass as they are.
 *
 * @param where what the value is called, for messages
 * @throws TradeAiError `CONFIG_INVALID` naming the path of a forbidden key, or of an object that is no plain one
 */
export function copyPlain(value: unknown, where: string, path = '', depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const place = path === '' ? where : `${where}: ${path}`;
  if (depth > MAXIMUM_DEPTH) throw new TradeAiError('CONFIG_INVALID', `${place}: nested too deeply`);
  if (Array.isArray(value)) {
    return value.map((entry, index) => copyPlain(entry, where, `${path}[${index}]`, depth + 1));
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) {
    throw new TradeAiError('CONFIG_INVALID', `${place}: expected a plain object, was one with a prototype of its own`, {
      hint: 'write plain objects, lists, texts and numbers only; "__proto__" is no key',
    });
  }
  const copy: PlainObject = Object.create(null);
  for (const key of Object.keys(value)) {
    const child = path === '' ? key : `${path}.${key}`;
    if (FORBIDDEN_KEYS.includes(key)) {
      throw new TradeAiError('CONFIG_INVALID', `${where}: ${child}: this key is not allowed`, {
        hint: `no key may be called ${FORBIDDEN_KEYS.join(', ')}`,
      });
    }
    copy[key] = copyPlain((value as PlainObject)[key], where, child, depth + 1);
  }
  return copy;
}

/** A new object of all keys; of a key given several times the last one counts. Inherits nothing. */
export function mergePlain(...parts: readonly Readonly<PlainObject>[]): PlainObject {
  const merged: PlainObject = Object.create(null);
  for (const part of parts) {
    for (const key of Object.keys(part)) if (!FORBIDDEN_KEYS.includes(key)) merged[key] = part[key];
  }
  return merged;
}
