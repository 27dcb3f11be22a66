/** Bodies are JSON and nothing else, and no key of theirs can reach a prototype. */

import type { FastifyInstance } from 'fastify';
import { HttpError } from './http-error.js';

const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/** Replaces Fastify's parsers by one. An empty body is an empty object. */
export function addJsonBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, parseBody(body as string));
    } catch (error) {
      done(error as Error, undefined);
    }
  });
}

/** @throws HttpError `BODY_INVALID` */
export function parseBody(text: string): unknown {
  if (text === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new HttpError('BODY_INVALID', 'the body is not JSON');
  }
  // Keys can be spelled with escapes, so the parsed value is looked at, not the text.
  if (hasForbiddenKey(value)) throw new HttpError('BODY_INVALID', 'the body has a key with a forbidden name');
  return value;
}

/** Without recursion: nesting is limited by the body only. */
function hasForbiddenKey(root: unknown): boolean {
  const open: unknown[] = [root];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value !== 'object' || value === null) continue;
    if (Array.isArray(value)) {
      if (typeof value[0] === 'number' && value.every((item) => typeof item === 'number')) continue;
      for (const item of value) open.push(item);
      continue;
    }
    for (const key of Object.keys(value)) {
      if (FORBIDDEN_KEYS.has(key)) return true;
      open.push((value as Record<string, unknown>)[key]);
    }
  }
  return false;
}
