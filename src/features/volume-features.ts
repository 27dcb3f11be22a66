/** Features of volume. */

import { OBV } from 'trading-signals';
import type { Feature } from './feature.js';
import { ratioOrZero } from './price-features.js';
import { RollingWindow } from './rolling-window.js';

/** z-score of log(1 + volume): volume spans decades and may be zero. */
export function volumeZScore(rows: number): Feature {
  return {
    name: `volume_z_${rows}`,
    description: `log(1 + volume) in standard deviations from its mean over ${rows} candles; 0 where volume is constant`,
    warmUpRows: rows,
    createStream() {
      const volumes = new RollingWindow(rows);
      return ({ volume }) => {
        const value = Math.log1p(volume);
        volumes.push(value);
        return volumes.isFull ? ratioOrZero(value - volumes.mean(), volumes.standardDeviation()) : Number.NaN;
      };
    },
  };
}

export function onBalanceVolume(rows: number): Feature {
  return {
    name: `obv_${rows}`,
    description: `change of on-balance volume over ${rows} candles, over their volume: −1 all selling to 1 all buying`,
    warmUpRows: rows + 2,
    createStream() {
      const indicator = new OBV(2);
      const balances = new RollingWindow(rows + 1);
      const volumes = new RollingWindow(rows);
      return ({ open, high, low, close, volume }) => {
        const balance = indicator.add({ open, high, low, close, volume });
        volumes.push(volume);
        if (balance === null) return Number.NaN;
        balances.push(balance);
        return balances.isFull ? ratioOrZero(balance - balances.oldest(), volumes.sum()) : Number.NaN;
      };
    },
  };
}
