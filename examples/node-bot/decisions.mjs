// What to do with a forecast: pure functions, so that they can be tried without a server.

/**
 * The share of the equity to hold until the next forecast.
 *
 * It follows the rule of the backtest in the model's report: in the market while the signal says so, out of it on HOLD.
 * How much is set by the interval: where the change ends at its bad end, or better, no more than `risk` of the equity is
 * lost. A change beyond that end happens one time in ten.
 *
 * @param prediction an answer of GET /v1/predictions/{name}
 * @param risk share of the equity, such as 0.01
 * @param canShort whether SELL means a short position, or only: out of the market
 */
export function exposureFor({ signal, interval80: [low, high] }, { risk, canShort }) {
  if (signal === 'BUY') return Math.min(1, risk / Math.max(-low, Number.EPSILON));
  if (signal === 'SELL' && canShort) return -Math.min(1, risk / Math.max(high, Number.EPSILON));
  return 0;
}

/** Healths of a model on which nothing is traded; `stale-model` is a reason to train again, not to stop. */
const STOPPING_HEALTHS = ['drifting', 'held', 'no-champion', 'error', 'stale-data'];

/** Why a model must not be traded on now; null where it may be. `summary` is of GET /v1/models/{name}. */
export function reasonToStop({ health, problem }) {
  return STOPPING_HEALTHS.includes(health) ? `${health}: ${problem}` : null;
}

/** Whether a forecast speaks of the past: the next one is overdue, or the candle it speaks of has closed a while ago. */
export function isStale({ targetTimeMs, expiresAtMs }, nowMs, graceMs) {
  return nowMs >= expiresAtMs || nowMs > targetTimeMs + graceMs;
}
