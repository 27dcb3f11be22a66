// Money on paper: a balance, a position of one market, and what every trade costs. No orders, no files, no network.

/** Smaller changes of exposure are not traded: their cost is certain and their use is not. */
const SMALLEST_CHANGE = 0.01;

export class PaperAccount {
  #cash;
  #units = 0;
  #costShare;
  #paidCosts = 0;
  #trades = 0;

  /**
   * @param capital in the quote asset, such as USDT
   * @param costBps what one side of a trade costs, fee and slippage together, in hundredths of a percent
   */
  constructor({ capital, costBps }) {
    this.#cash = capital;
    this.#costShare = costBps / 10_000;
  }

  /** What everything is worth at a price. */
  equityAt(price) {
    return this.#cash + this.#units * price;
  }

  /** Share of the equity that is in the market: 1 all of it, −1 all of it short. */
  exposureAt(price) {
    return (this.#units * price) / this.equityAt(price);
  }

  /**
   * Trades until the market has its share of the equity.
   *
   * @returns what was traded, or null where the change is too small; closing a position never is
   */
  rebalance(exposure, price) {
    const equity = this.equityAt(price);
    const wanted = (exposure * equity) / price;
    const change = wanted - this.#units;
    const isClosing = exposure === 0 && this.#units !== 0;
    if (!isClosing && Math.abs(change * price) < SMALLEST_CHANGE * equity) return null;
    const cost = Math.abs(change * price) * this.#costShare;
    this.#cash -= change * price + cost;
    this.#units = wanted;
    this.#paidCosts += cost;
    this.#trades += 1;
    return { side: change > 0 ? 'buy' : 'sell', units: Math.abs(change), price, cost };
  }

  summaryAt(price) {
    return {
      equity: this.equityAt(price),
      exposure: this.exposureAt(price),
      paidCosts: this.#paidCosts,
      trades: this.#trades,
    };
  }
}
