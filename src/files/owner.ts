/**
 * Who owns something on disk, and whether that process will ever come back to it.
 *
 * An owner is a name: `<host>__<place>_<start>-<pid>-<12 hex digits>`, with the place and start of process-facts.ts; older
 * programs left the two out, and read a name with them as one of another host. The digits are of this one ownership.
 *
 * In the owner's own place, the table of processes knows: the number of a killed process that somebody else has by now
 * does not count. From elsewhere (another host, another container) nobody can know, so an owner gives signs of life: it
 * touches its file four times a second, and is gone when somebody looked at it for about three seconds without seeing one;
 * one second is enough for what is most likely a former life of the same container. Looks are counted, not seconds, and
 * compared with each other only: clocks may differ, and a computer may sleep.
 */

import { randomUUID } from 'node:crypto';
import { open, utimes } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { factsOfThisProcess, type ProcessFacts, UNKNOWN } from './process-facts.js';
import { touchFromThread } from './touching-thread.js';

const OWNER_PATTERN = /^([A-Za-z0-9_]+)-(\d{1,10})-[0-9a-f]{12}$/;
const HOST_PATTERN = /^(.+)__([0-9a-f]{12}|0)_(\d+)$/;
const HEARTBEAT_MS = 250;
const LOOK_INTERVAL_MS = 20;
/** Looks without a sign of life between them after which there will be none. */
const LOOKS_UNTIL_GONE = 150;
/** The same of an owner with the host name and number of whoever looks: most likely what its container was before. */
const LOOKS_UNTIL_FORMER_SELF_GONE = 50;
/** What a process held when it gave its last sign of life was touched at most so much later than that. */
const LAST_TOUCH_MS = 1_000;
/** After this time even an owner that lives has forgotten what it does not touch; far longer than any write takes. */
const FORGOTTEN_AFTER_MS = 10 * 60_000;

/** `silent` until it gives a sign of life. */
export type OwnerState = 'living' | 'dead' | 'silent';

/** When processes that were looked at until they were gone gave their last sign of life: what else they held is free. */
const lastSigns = new Map<string, number>();

/** What an owner's state is judged by; for tests. */
export interface OwnerView {
  readonly facts?: ProcessFacts;
  readonly sleep?: (milliseconds: number) => Promise<unknown>;
}

/** A name no other process or call has. */
export function ownerName({ host, place, startOf, processId }: ProcessFacts = factsOfThisProcess()): string {
  // The last digits of a UUID are 48 random bits, which the system is asked for in bulk.
  return `${host}__${place}_${startOf(processId) ?? UNKNOWN}-${processId}-${randomUUID().slice(-12)}`;
}

/** Whether a text is a name as `ownerName` makes it, or as an older program made it. */
export function isOwnerName(text: string): boolean {
  return OWNER_PATTERN.test(text);
}

/** What the name of an owner says without a look at what it touches; `undefined` of a name that is none. */
export function stateOf(owner: string, facts: ProcessFacts = factsOfThisProcess()): OwnerState | undefined {
  const match = OWNER_PATTERN.exec(owner);
  if (match === null) return undefined;
  const processId = Number(match[2]);
  const detail = HOST_PATTERN.exec(match[1]);
  if (detail === null) {
    // An older program's. This process makes no such names: with its number, it is of a former life of a container.
    const isGone = processId === facts.processId || facts.startOf(processId) === undefined;
    return match[1] === facts.host && isGone ? 'dead' : 'living';
  }
  const [, host, place, start] = detail;
  if (place !== facts.place || (place === UNKNOWN && host !== facts.host)) return 'silent';
  const startNow = facts.startOf(processId);
  if (startNow === undefined) return 'dead';
  if (place === UNKNOWN) return 'silent';
  return startNow === start || startNow === UNKNOWN ? 'living' : 'dead';
}

/** Whether an owner that gives no signs of life will never come back to what was last touched then. */
export function isAbandoned(owner: string, touchedAtMs: number, nowMs = Date.now()): boolean {
  const state = stateOf(owner);
  return state === 'dead' || (state !== undefined && nowMs - touchedAtMs > FORGOTTEN_AFTER_MS);
}

/** Looks at owners again and again, until it is known whether they live. */
export class OwnerWatch {
  readonly #view: OwnerView;
  readonly #seen = new Map<string, { touchedAtMs: number; looks: number }>();

  constructor(view: OwnerView = {}) {
    this.#view = view;
  }

  /** One look at an owner's file. @returns `silent` when the next look may tell more */
  judge(owner: string, touchedAtMs: number): OwnerState {
    const state = stateOf(owner, this.#view.facts);
    if (state === 'dead') return state;
    if (state !== 'silent') return Date.now() - touchedAtMs > FORGOTTEN_AFTER_MS ? 'dead' : 'living';
    const seen = this.#seen.get(owner);
    const process = processOf(owner);
    if (touchedAtMs <= (lastSigns.get(process) ?? Number.NEGATIVE_INFINITY) + LAST_TOUCH_MS) return 'dead';
    // It was stopped, and goes on.
    lastSigns.delete(process);
    const isMoved = seen !== undefined && seen.touchedAtMs !== touchedAtMs;
    const looks = isMoved ? 0 : (seen?.looks ?? 0) + 1;
    this.#seen.set(owner, { touchedAtMs, looks });
    if (isMoved) return 'living';
    if (looks <= (isFormerSelf(owner, this.#view.facts) ? LOOKS_UNTIL_FORMER_SELF_GONE : LOOKS_UNTIL_GONE))
      return 'silent';
    lastSigns.set(process, touchedAtMs);
    return 'dead';
  }

  /** The time between two looks. */
  async pause(): Promise<void> {
    await (this.#view.sleep ?? delay)(LOOK_INTERVAL_MS * (0.5 + Math.random()));
  }
}

/** An owner's file, as it was at one look. */
export interface OwnerTrace {
  readonly owner: string;
  readonly touchedAtMs: number;
}

/**
 * Looks at an owner's file until it is known whether the owner lives.
 *
 * @param read one look; `undefined` when nobody owns it
 * @returns the owner that lives
 */
export async function findLivingOwner<Trace extends OwnerTrace>(
  read: () => Promise<Trace | undefined>,
  view?: OwnerView,
): Promise<Trace | undefined> {
  const watch = new OwnerWatch(view);
  for (;;) {
    const trace = await read();
    if (trace === undefined) return undefined;
    const state = watch.judge(trace.owner, trace.touchedAtMs);
    if (state === 'dead') return undefined;
    if (state === 'living') return trace;
    await watch.pause();
  }
}

/** When a file was last touched. Throws the system's own error. */
export async function readTouchTime(path: string): Promise<number> {
  // Opened, because a network's disk may answer a mere `stat` from what it remembers.
  const file = await open(path, 'r');
  try {
    return (await file.stat()).mtimeMs;
  } finally {
    await file.close();
  }
}

/**
 * Touches an owner's file from now on, so that whoever looks at it sees that the owner lives.
 *
 * @returns what ends it
 */
export function giveSignsOfLife(path: string): () => void {
  return touchAgainAndAgain(path, async () => true);
}

/**
 * The same of something that is held for long: while this process computes, and does nothing else, too.
 *
 * @param owner stands in the file for as long as it is ours
 * @param isOurs asked before each touch by this process itself
 */
export function giveSignsOfLongLife(path: string, owner: string, isOurs: () => Promise<boolean>): () => void {
  const ends = [touchAgainAndAgain(path, isOurs), touchFromThread(path, owner, HEARTBEAT_MS)];
  return () => {
    for (const end of ends) end();
  };
}

function touchAgainAndAgain(path: string, isOurs: () => Promise<boolean>): () => void {
  let isTouching = false;
  const touch = async () => {
    if (isTouching) return;
    isTouching = true;
    try {
      const now = new Date();
      if (await isOurs()) await utimes(path, now, now);
    } catch {
      // Gone, or a disk in trouble: the next touch sees more.
    } finally {
      isTouching = false;
    }
  };
  const timer = setInterval(() => void touch(), HEARTBEAT_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** The name of an owner without the digits of this one ownership. */
function processOf(owner: string): string {
  return owner.slice(0, owner.lastIndexOf('-'));
}

function isFormerSelf(owner: string, { host, processId } = factsOfThisProcess()): boolean {
  const [, hostPart, number] = OWNER_PATTERN.exec(owner)!;
  return Number(number) === processId && HOST_PATTERN.exec(hostPart)?.[1] === host;
}
