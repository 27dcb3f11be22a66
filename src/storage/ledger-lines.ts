/**
 * The lines of a ledger file: one JSON object a line, sealed by the CRC-32 of what stands before the seal, so that a line
 * torn by a crash or changed by a bad disk is told from a whole one. Lines are never changed, only added.
 *
 *     {"kind":"forecast", … ,"crc":"1c291ca3"}      a served forecast with its inputs
 *     {"kind":"outcome", … ,"crc":"…"}              what came of one: an outcome, or null for a missing candle
 */

import { crc32 } from 'node:zlib';
import { z } from 'zod';
import type { LedgerResolution, RecordedForecast } from '../evaluation/ledger.js';

const timeMs = z.int();

const forecastSchema = z.object({
  kind: z.literal('forecast'),
  name: z.string(),
  version: z.int().positive(),
  role: z.enum(['champion', 'shadow']),
  asOfMs: timeMs,
  targetTimeMs: timeMs,
  servedAtMs: timeMs,
  lastClose: z.number(),
  predictedChange: z.number(),
  interval80: z.tuple([z.number(), z.number()]),
  confidence: z.number(),
  signal: z.enum(['BUY', 'SELL', 'HOLD']),
  score: z.number(),
  volatility: z.number(),
  weightsSha256: z.string(),
  engine: z.string(),
  inputs: z.object({
    dtype: z.enum(['F32', 'F64']),
    shape: z.tuple([z.int().positive(), z.int().positive()]),
    data: z.string(),
  }),
});

const outcomeSchema = z.object({
  kind: z.literal('outcome'),
  version: z.int().positive(),
  asOfMs: timeMs,
  settledAtMs: timeMs,
  outcome: z
    .object({
      close: z.number(),
      change: z.number(),
      isHit: z.boolean().nullable(),
      isInside: z.boolean(),
      scoredAtMs: timeMs,
    })
    .nullable(),
});

const lineSchema = z.discriminatedUnion('kind', [forecastSchema, outcomeSchema]);

export type LedgerLine = ({ kind: 'forecast' } & RecordedForecast) | ({ kind: 'outcome' } & LedgerResolution);

/** `,"crc":"1c291ca3"}` */
const SEAL_LENGTH = 18;

/** A line with its seal and its end. */
export function formatLine(line: LedgerLine): string {
  const body = JSON.stringify(line).slice(0, -1);
  return `${body}${sealOf(body)}\n`;
}

/** Reads a line without its end; `undefined` when it is not whole. */
export function parseLine(text: string): LedgerLine | undefined {
  const body = text.slice(0, -SEAL_LENGTH);
  if (body === '' || text.slice(-SEAL_LENGTH) !== sealOf(body)) return undefined;
  try {
    return lineSchema.parse(JSON.parse(`${body}}`));
  } catch {
    // A sealed line of another program or of a later one.
    return undefined;
  }
}

function sealOf(body: string): string {
  return `,"crc":"${crc32(body).toString(16).padStart(8, '0')}"}`;
}
