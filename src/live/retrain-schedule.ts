/** When models are trained again without anybody asking. */

import { Cron } from 'croner';
import { TradeAiError } from '../core/errors.js';
import type { ScheduleOptions } from '../options/serve-options.js';

export interface RetrainSchedule {
  /** What the configuration says, for people. */
  readonly description: string | null;
  /** The next run of the clock; `null` where candles decide. */
  nextMs(): number | null;
  /** Whether a model with so many candles behind its training is due. */
  isDue(candlesSinceTraining: number): boolean;
  stop(): void;
}

/**
 * Starts the clock of a cron text (evaluated by croner); `{ everyCandles }` has none and is asked with `isDue`.
 *
 * @param onTime called at each time of the cron text
 * @throws TradeAiError `CONFIG_INVALID` for a text that is no cron
 */
export function startRetrainSchedule({ retrain, timeZone }: ScheduleOptions, onTime: () => void): RetrainSchedule {
  if (retrain === undefined) return { description: null, nextMs: () => null, isDue: () => false, stop: () => {} };
  if (typeof retrain !== 'string') {
    const { everyCandles } = retrain;
    return {
      description: `every ${everyCandles} candles`,
      nextMs: () => null,
      isDue: (candlesSinceTraining) => candlesSinceTraining >= everyCandles,
      stop: () => {},
    };
  }
  let cron: Cron;
  try {
    cron = new Cron(retrain, { timezone: timeZone, unref: true, protect: true }, onTime);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TradeAiError(
      'CONFIG_INVALID',
      `schedule.retrain: expected cron text, was ${JSON.stringify(retrain)}: ${reason}`,
      {
        hint: 'for example "15 3 * * *": every day at 03:15',
        cause,
      },
    );
  }
  if (cron.nextRun() === null) {
    cron.stop();
    throw new TradeAiError('CONFIG_INVALID', `schedule.retrain: ${JSON.stringify(retrain)} never comes`);
  }
  return {
    description: `${retrain} (${timeZone})`,
    nextMs: () => cron.nextRun()?.getTime() ?? null,
    isDue: () => false,
    stop: () => cron.stop(),
  };
}
