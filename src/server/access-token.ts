/**
 * The token of the API. It comes from an environment variable or from a file that nobody else can read; never from a
 * flag, which every user of the machine sees in the list of processes.
 */

import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { TradeAiError } from '../core/errors.js';

const MINIMUM_LENGTH = 16;
const MAXIMUM_LENGTH = 512;
/** What a header can carry and a shell does not mangle. */
const TOKEN_PATTERN = /^[\x21-\x7e]+$/;
const OTHERS_MASK = 0o077;
const BEARER = 'Bearer ';

export interface TokenSource {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Name of the variable with the token itself. The same name with `_FILE` names a file that holds it. */
  readonly tokenEnv?: string;
}

/**
 * Reads the token, if there is one.
 *
 * @throws TradeAiError `CONFIG_INVALID` for a weak token, a file that others can read, or two tokens
 */
export function readAccessToken({ environment, tokenEnv = 'TRADEAI_TOKEN' }: TokenSource): string | undefined {
  const direct = environment[tokenEnv];
  const path = environment[`${tokenEnv}_FILE`];
  if (direct !== undefined && path !== undefined) {
    throw new TradeAiError('CONFIG_INVALID', `expected ${tokenEnv} or ${tokenEnv}_FILE, both were set`);
  }
  if (direct !== undefined) return checkToken(direct, tokenEnv);
  return path === undefined ? undefined : checkToken(readTokenFile(path), `${tokenEnv}_FILE`);
}

/** Compares in a time that says nothing about the token. */
export function createTokenCheck(token: string): (given: string) => boolean {
  const expected = digestOf(token);
  return (given) => timingSafeEqual(digestOf(given), expected);
}

/** Whether a request with this `Authorization` may read everything: anybody may where there is no token. */
export function createBearerCheck(token: string | undefined): (header: string | undefined) => boolean {
  if (token === undefined) return () => true;
  const isToken = createTokenCheck(token);
  return (header) => header?.startsWith(BEARER) === true && isToken(header.slice(BEARER.length));
}

/** @throws TradeAiError `CONFIG_INVALID` */
export function checkToken(token: string, where: string): string {
  if (token.length < MINIMUM_LENGTH || token.length > MAXIMUM_LENGTH || !TOKEN_PATTERN.test(token)) {
    throw new TradeAiError(
      'CONFIG_INVALID',
      `${where}: expected ${MINIMUM_LENGTH} to ${MAXIMUM_LENGTH} printable ASCII characters without spaces, there were ${token.length}`,
      { hint: 'make one with: node -p "crypto.randomBytes(32).toString(\'hex\')"' },
    );
  }
  return token;
}

function readTokenFile(path: string): string {
  let mode: number;
  let text: string;
  try {
    mode = statSync(path).mode;
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new TradeAiError('CONFIG_INVALID', `the token file ${path} cannot be read`, { cause });
  }
  // Windows has no such bits; its files belong to their user alone by default.
  if (process.platform !== 'win32' && (mode & OTHERS_MASK) !== 0) {
    throw new TradeAiError(
      'CONFIG_INVALID',
      `${path}: expected a file that only its owner can read, its mode was ${(mode & 0o777).toString(8)}`,
      { hint: `chmod 600 ${path}` },
    );
  }
  return text.trim();
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
