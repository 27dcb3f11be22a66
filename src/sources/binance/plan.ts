/**
 * What to ask whom for: files of the archive or pages of the REST API, whichever needs fewer requests. Pure.
 *
 * A file costs two requests (its checksum and itself), a page of a thousand candles one. A month of minutes is 2 requests
 * against 45, a month of hours 2 against one: so hours come from REST, minutes from the archive. At a tie the archive
 * wins, as it costs no request weight.
 *
 * What decides is the calendar and the range, not what is stored, so that a fetch that was stopped and goes on takes the
 * same candles from the same place.
 */

import { INTERVAL_MS, type Interval } from '../../market/interval.js';
import { MAX_KLINES_PER_PAGE } from './protocol.js';

export interface FilePiece {
  readonly kind: 'file';
  readonly period: 'monthly' | 'daily';
  /** The month or day of the file, [startMs, endMs). */
  readonly startMs: number;
  readonly endMs: number;
}

export interface PagesPiece {
  readonly kind: 'pages';
  readonly startMs: number;
  readonly endMs: number;
}

export type FetchPiece = FilePiece | PagesPiece;

export interface FetchPlanOptions {
  readonly interval: Interval;
  /** Open times wanted, [startMs, endMs). */
  readonly startMs: number;
  readonly endMs: number;
  /** The exchange's time: files of months and days that are not over do not exist. */
  readonly nowMs: number;
  /** Files that are here already and cost nothing. */
  readonly hasFile?: (piece: FilePiece) => boolean;
}

/** The checksum and the file. */
const REQUESTS_PER_FILE = 2;
const DAY_MS = INTERVAL_MS['1d'];
const WITHOUT_DAILY_FILES: readonly Interval[] = ['3d', '1w'];

/** The pieces in order of time, without overlap, covering the range; files may reach over its ends. */
export function planFetch(options: FetchPlanOptions): FetchPiece[] {
  const { startMs, endMs, nowMs } = options;
  const pieces: FetchPiece[] = [];
  const addPages = (from: number, to: number) => {
    const last = pieces.at(-1);
    if (last?.kind === 'pages') pieces[pieces.length - 1] = { ...last, endMs: to };
    else pieces.push({ kind: 'pages', startMs: from, endMs: to });
  };
  for (let cursorMs = startMs; cursorMs < endMs; ) {
    const month = monthOf(cursorMs);
    const candidates = [
      ...(isMonthPublished(month, nowMs) ? [month] : []),
      ...(WITHOUT_DAILY_FILES.includes(options.interval) ? [] : [dayOf(cursorMs)].filter((day) => day.endMs <= nowMs)),
    ];
    const file = candidates.find((candidate) => isFileCheaper(candidate, cursorMs, options));
    if (file) pieces.push(file);
    // A day at a time, as the next day may be worth a file.
    const nextMs = Math.min(endMs, file?.endMs ?? dayOf(cursorMs).endMs);
    if (!file) addPages(cursorMs, nextMs);
    cursorMs = nextMs;
  }
  return pieces;
}

/** Requests that the pieces take when every file is there and no candle is missing. */
export function countRequests(pieces: readonly FetchPiece[], interval: Interval): number {
  return pieces.reduce(
    (sum, piece) =>
      sum + (piece.kind === 'file' ? REQUESTS_PER_FILE : pagesOf(piece.startMs, piece.endMs, INTERVAL_MS[interval])),
    0,
  );
}

/** `2024-05` or `2024-05-17`. */
export function labelOf({ period, startMs }: FilePiece): string {
  return new Date(startMs).toISOString().slice(0, period === 'monthly' ? 7 : 10);
}

function isFileCheaper(file: FilePiece, cursorMs: number, { interval, endMs, hasFile }: FetchPlanOptions): boolean {
  const isHere = hasFile?.(file) ?? false;
  return isHere || pagesOf(cursorMs, Math.min(endMs, file.endMs), INTERVAL_MS[interval]) >= REQUESTS_PER_FILE;
}

/** Pages are not rounded up: those of neighbouring pieces share one. */
function pagesOf(startMs: number, endMs: number, lengthMs: number): number {
  return (endMs - startMs) / lengthMs / MAX_KLINES_PER_PAGE;
}

function monthOf(timeMs: number): FilePiece {
  const date = new Date(timeMs);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return { kind: 'file', period: 'monthly', startMs: Date.UTC(year, month), endMs: Date.UTC(year, month + 1) };
}

function dayOf(timeMs: number): FilePiece {
  const startMs = Math.floor(timeMs / DAY_MS) * DAY_MS;
  return { kind: 'file', period: 'daily', startMs, endMs: startMs + DAY_MS };
}

/** Monthly files appear on the first Monday of the next month. */
function isMonthPublished({ endMs }: FilePiece, nowMs: number): boolean {
  const weekday = new Date(endMs).getUTCDay();
  return nowMs >= endMs + ((8 - weekday) % 7) * DAY_MS;
}
