/**
 * The lines of a ledger file: one JSON object a line, sealed by the CRC-32 of what stands before the seal, so that a line
 * torn by a crash or changed by a bad disk is told from a whole one. Lines are never changed, only added.
 *
 *     {"kind":"forecast", … ,"crc":"1c291ca3"}      a served forecast with its inputs
 *     {"kind":"outcome", … ,"crc":"…"}              what came of one: an outcome, or null for a missing candle
 */

import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { isPending, type LedgerEntry, resolveEntry } from '../evaluation/ledger.js';
import {
  type LedgerResolution,
  type RecordedForecast,
  recordedForecastSchema,
  resolutionSchema,
} from '../wire/ledger.js';

const lineSchema = z.discriminatedUnion('kind', [
  z
    .object({ kind: z.literal('forecast'), ...recordedForecastSchema.shape })
    .refine(({ asOfMs, targetTimeMs }) => targetTimeMs > asOfMs, 'expected a forecast of a later candle'),
  z.object({ kind: z.literal('outcome'), ...resolutionSchema.shape }),
]);

export type LedgerLine = z.infer<typeof lineSchema>;

/** A forecast as it lies in a file. */
export interface StoredForecast {
  readonly recording: RecordedForecast;
  readonly resolution: LedgerResolution | undefined;
}

/** `,"crc":"1c291ca3"}` */
const SEAL_LENGTH = 18;

/** A line with its seal and its end. Throws a `RangeError` for one that could not be read again. */
export function formatLine(line: LedgerLine): string {
  const body = JSON.stringify(line, refuseNoNumber).slice(0, -1);
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

/** The entry of a forecast, without its inputs. */
export function toEntry({ recording, resolution }: StoredForecast): LedgerEntry {
  const { inputs: _inputs, ...forecast } = recording;
  const outcome = resolution?.outcome ?? null;
  return { ...forecast, outcome, isUnscorable: resolution !== undefined && outcome === null };
}

/** Whether a line changes the entry of its forecast: there is one forecast a version and candle, and one outcome of it. */
export function isNews({ kind }: LedgerLine, entry: LedgerEntry | undefined): boolean {
  return kind === 'forecast' ? entry === undefined : entry !== undefined && isPending(entry);
}

/** What a line makes of the entry of its forecast. */
export function applyLine(entry: LedgerEntry | undefined, line: LedgerLine): LedgerEntry {
  if (line.kind === 'outcome') return resolveEntry(entry!, line);
  const { kind: _kind, ...recording } = line;
  return toEntry({ recording, resolution: undefined });
}

/** JSON would say `null`. */
function refuseNoNumber(key: string, value: unknown): unknown {
  if (typeof value !== 'number' || Number.isFinite(value)) return value;
  throw new RangeError(`ledger: expected a number as ${key}, was ${value}`);
}

function sealOf(body: string): string {
  return `,"crc":"${crc32(body).toString(16).padStart(8, '0')}"}`;
}
