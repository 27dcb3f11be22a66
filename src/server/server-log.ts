/**
 * The log: pino's JSON lines. Fields that hold secrets are redacted by name, and a last look at the finished line takes
 * out the secret values themselves, wherever they got in.
 */

import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** Shorter values would be found inside ordinary words. */
const MINIMUM_SECRET_LENGTH = 8;
const SCRUBBED = '[secret]';
const SECRET_FIELDS = ['authorization', 'cookie', 'token', 'secret', 'apiKey', 'apiSecret', 'password', 'signature'];

export interface ServerLogOptions {
  readonly level?: string;
  /** Values that must not appear: the token, the keys of webhooks and of exchanges. */
  readonly secrets?: readonly string[];
  /** Standard error when absent, so that standard output stays the program's. */
  readonly write?: (line: string) => void;
}

/** @example const log = createServerLog({ secrets: [token] }); */
export function createServerLog(options: ServerLogOptions = {}): Logger {
  const scrub = createScrubber(options.secrets ?? []);
  const write = options.write ?? ((line: string) => void process.stderr.write(line));
  const stream: DestinationStream = { write: (line) => write(scrub(line)) };
  return pino(
    {
      level: options.level ?? 'info',
      base: undefined,
      redact: {
        paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
        censor: SCRUBBED,
      },
    },
    stream,
  );
}

/** Takes secret values out of a text, also as JSON, an address or base64 spells them. */
export function createScrubber(secrets: readonly string[]): (text: string) => string {
  const spellings = new Set(
    secrets
      .filter((secret) => secret.length >= MINIMUM_SECRET_LENGTH)
      .flatMap((secret) => [
        secret,
        JSON.stringify(secret).slice(1, -1),
        encodeURIComponent(secret),
        Buffer.from(secret).toString('base64').replace(/=+$/, ''),
      ]),
  );
  // The longest first: one secret can be the beginning of another.
  const ordered = [...spellings].sort((a, b) => b.length - a.length);
  return (text) => ordered.reduce((scrubbed, spelling) => scrubbed.replaceAll(spelling, SCRUBBED), text);
}
