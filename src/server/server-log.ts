/**
 * The log: pino's JSON lines. Fields that hold secrets are redacted by name, and a last look at the finished line takes
 * out the secret values themselves, wherever they got in, and spells what a terminal would obey.
 */

import type { Writable } from 'node:stream';
import { type DestinationStream, type Logger, pino } from 'pino';
import { TradeAiError } from '../core/errors.js';
import { printable } from '../text/printable.js';

/** Shorter values would be found inside ordinary words. */
const MINIMUM_SECRET_LENGTH = 8;
const SCRUBBED = '[secret]';
const SECRET_FIELDS = ['authorization', 'cookie', 'token', 'secret', 'apiKey', 'apiSecret', 'password', 'signature'];

/** What is expected and explains itself needs no stack. */
function describeLogged(error: unknown): object {
  const serialized = error instanceof Error ? pino.stdSerializers.err(error) : { message: String(error) };
  if (!(error instanceof TradeAiError) || error.kind === 'failure') return serialized;
  const { code, message, hint } = error;
  return { code, message, hint };
}

export interface ServerLogOptions {
  readonly level?: string;
  /** Values that must not appear: the token, the keys of webhooks and of exchanges. */
  readonly secrets?: readonly string[];
  /** What becomes of a line of JSON before it is written, for people at a terminal. */
  readonly format?: (line: string) => string;
  /** Standard error when absent, so that standard output stays the program's. */
  readonly write?: (line: string) => void;
}

/** So much waits for a reader that does not read on: some thousand lines. */
const MAXIMUM_WAITING_BYTES = 2 ** 20;
/** Of pino. */
const WARN_LEVEL = 40;

/** @example const log = createServerLog({ secrets: [token] }); */
export function createServerLog(options: ServerLogOptions = {}): Logger {
  const scrub = createScrubber(options.secrets ?? []);
  const write = options.write ?? createLineWriter(process.stderr);
  const format = options.format ?? ((line: string) => line);
  const stream: DestinationStream = { write: (line) => write(format(printable(scrub(line)))) };
  return pino(
    {
      level: options.level ?? 'info',
      base: undefined,
      serializers: { err: describeLogged },
      redact: {
        paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
        censor: SCRUBBED,
      },
    },
    stream,
  );
}

/**
 * Writes lines for a reader that may stall or be gone: lines that it cannot take are counted, not kept, and the count is
 * told once it reads again. The stream's own `error` event is its owner's.
 */
export function createLineWriter(stream: Writable): (line: string) => void {
  let lostCount = 0;
  const write = (line: string, count: number) =>
    stream.write(line, (error) => {
      if (error) lostCount += count;
    });
  return (line) => {
    if (stream.writableLength > MAXIMUM_WAITING_BYTES) {
      lostCount += 1;
      return;
    }
    if (lostCount > 0) {
      const notice = { level: WARN_LEVEL, time: Date.now(), lines: lostCount, msg: 'lines of the log found no reader' };
      write(`${JSON.stringify(notice)}\n`, lostCount);
      lostCount = 0;
    }
    write(line, 1);
  };
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
