import { type Collected, type CollectHooks, collectCandles, hashCandles } from '../candles/collect.js';
import { TradeAiError } from '../core/errors.js';
import { INTERVAL_MS } from '../market/interval.js';
import type { ModelConfig } from '../options/model-config.js';
import type { Ports } from '../ports/ports.js';
import type { DataSummary } from '../versions/train-report.js';

/**
 * The candles that a training saw, and no newer ones: these would make another training of it. Nothing is fetched.
 *
 * @throws TradeAiError `CANDLES_INVALID` when they have changed since; what collecting throws when they are gone
 */
export async function collectAgain(
  config: ModelConfig,
  data: Pick<DataSummary, 'firstOpenTimeMs' | 'lastOpenTimeMs' | 'sha256'>,
  ports: Ports,
  hooks: CollectHooks = {},
): Promise<Collected> {
  const to = data.lastOpenTimeMs + INTERVAL_MS[config.interval];
  const collected = await collectCandles({ ...config, from: data.firstOpenTimeMs, to, offline: true }, ports, hooks);
  const sha256 = hashCandles(collected.series);
  if (sha256 === data.sha256) return collected;
  throw new TradeAiError(
    'CANDLES_INVALID',
    `the candles of ${config.symbol} are not those of the stopped training: expected SHA-256 ${data.sha256.slice(0, 12)}…, was ${sha256.slice(0, 12)}…`,
    { commandHint: 'train again without --resume' },
  );
}
