/**
 * How much of a host's request weight is used. Pure.
 *
 * Weight is charged when a request begins and counted per UTC minute, as Binance counts it. Our minute and the host's may
 * begin a moment apart, and a request may begin in one minute and be counted in the next. So what began or ended in the
 * last second of a minute, or is still under way at its end, is charged to the next minute too, and in a minute's first
 * second the minute before still counts.
 */

export interface Reservation {
  readonly id: string;
  readonly weight: number;
  readonly startedMs: number;
}

export interface BudgetState {
  readonly minute: number;
  /** Weight charged in this minute, or more when the host says more. */
  readonly usedWeight: number;
  /** Of it, what began or ended in the minute's last second. */
  readonly lateWeight: number;
  readonly previousWeight: number;
  readonly underWay: readonly Reservation[];
  /** The host asked for silence until then (`Retry-After`); 0 when it did not. */
  readonly pausedUntilMs: number;
  /** The host refuses this address until then; 0 when it does not. */
  readonly bannedUntilMs: number;
}

/** What an answer tells about the budget. */
export interface BudgetNews {
  /** The host's own count for this minute. */
  readonly usedWeight?: number;
  readonly pausedUntilMs?: number;
  readonly bannedUntilMs?: number;
}

/** Why a request may not begin, and until when; `undefined` when it may. */
export interface Obstacle {
  readonly reason: 'banned' | 'paused' | 'weight';
  readonly untilMs: number;
}

export const EMPTY_BUDGET: BudgetState = {
  minute: 0,
  usedWeight: 0,
  lateWeight: 0,
  previousWeight: 0,
  underWay: [],
  pausedUntilMs: 0,
  bannedUntilMs: 0,
};

const MINUTE_MS = 60_000;
const GUARD_MS = 1000;
/** No request takes longer; the process of one that does was killed. */
const LONGEST_REQUEST_MS = 30_000;
/** The longest ban there is; a later end comes from a wrong clock. */
const LONGEST_BAN_MS = 3 * 86_400_000;

/** The same state seen at another time: minutes end, and so do reservations of killed processes. */
export function budgetAt(state: BudgetState, nowMs: number): BudgetState {
  const minute = Math.floor(nowMs / MINUTE_MS);
  const inTime = (untilMs: number) => (untilMs > nowMs && untilMs <= nowMs + LONGEST_BAN_MS ? untilMs : 0);
  const ends = { pausedUntilMs: inTime(state.pausedUntilMs), bannedUntilMs: inTime(state.bannedUntilMs) };
  if (minute === state.minute) return { ...state, ...ends };
  const underWay = state.underWay.filter(({ startedMs }) => Math.abs(nowMs - startedMs) < LONGEST_REQUEST_MS);
  const isNext = minute === state.minute + 1;
  const older = underWay.filter(({ startedMs }) => !isLate(state, startedMs));
  const carried = older.reduce((sum, { weight }) => sum + weight, 0);
  return {
    minute,
    usedWeight: carried + (isNext ? state.lateWeight : 0),
    lateWeight: 0,
    previousWeight: isNext ? state.usedWeight : 0,
    underWay,
    ...ends,
  };
}

/** What keeps a request of that weight from beginning now, in a state of now. */
export function findObstacle(
  state: BudgetState,
  weight: number,
  allowedWeight: number,
  nowMs: number,
): Obstacle | undefined {
  if (state.bannedUntilMs > nowMs) return { reason: 'banned', untilMs: state.bannedUntilMs };
  if (state.pausedUntilMs > nowMs) return { reason: 'paused', untilMs: state.pausedUntilMs };
  if (weight === 0) return undefined;
  const startMs = state.minute * MINUTE_MS;
  // A weight above the whole budget could never begin.
  const limit = Math.max(allowedWeight, weight);
  if (state.usedWeight + weight > limit) return { reason: 'weight', untilMs: startMs + MINUTE_MS + GUARD_MS };
  if (nowMs < startMs + GUARD_MS && state.previousWeight + state.usedWeight + weight > limit) {
    return { reason: 'weight', untilMs: startMs + GUARD_MS };
  }
  return undefined;
}

/** Charges a request that begins now. */
export function chargeRequest(state: BudgetState, id: string, weight: number, nowMs: number): BudgetState {
  return {
    ...state,
    usedWeight: state.usedWeight + weight,
    lateWeight: state.lateWeight + (isLate(state, nowMs) ? weight : 0),
    underWay: weight === 0 ? state.underWay : [...state.underWay, { id, weight, startedMs: nowMs }],
  };
}

/** Takes in the end of a request. The host's count is believed only when the request began and ended in one minute. */
export function settleRequest(state: BudgetState, id: string, news: BudgetNews, nowMs: number): BudgetState {
  const settled = state.underWay.find((reservation) => reservation.id === id);
  const underWay = state.underWay.filter((reservation) => reservation.id !== id);
  const begunInMinute = settled !== undefined && Math.floor(settled.startedMs / MINUTE_MS) === state.minute;
  const notCounted = underWay.reduce((sum, { weight }) => sum + weight, 0);
  const hasBecomeLate = settled !== undefined && isLate(state, nowMs) && !isLate(state, settled.startedMs);
  const stated = begunInMinute && news.usedWeight !== undefined ? news.usedWeight + notCounted : 0;
  return {
    ...state,
    usedWeight: Math.max(state.usedWeight, stated),
    lateWeight: state.lateWeight + (hasBecomeLate ? settled.weight : 0),
    underWay,
    pausedUntilMs: Math.max(state.pausedUntilMs, news.pausedUntilMs ?? 0),
    bannedUntilMs: Math.max(state.bannedUntilMs, news.bannedUntilMs ?? 0),
  };
}

/** Whether a time lies in the last second of the state's minute. */
function isLate({ minute }: BudgetState, timeMs: number): boolean {
  return timeMs >= (minute + 1) * MINUTE_MS - GUARD_MS;
}
