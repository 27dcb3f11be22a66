/** The sections `serve` and `schedule` of `tradeai.config`: how the server listens, tells, and trains again. */

import { Cron } from 'croner';
import { z } from 'zod';
import { isTimeZone } from '../core/time-zone.js';

/** What a webhook can be told of. */
export const WEBHOOK_EVENTS = ['prediction', 'promotion', 'drift', 'data-gap', 'job'] as const;
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];

/** What is answered once a forecast is stale: the forecast with a warning and HOLD, or status 503. */
export const STALE_ANSWERS = ['hold', 'refuse'] as const;
export type StaleAnswers = (typeof STALE_ANSWERS)[number];

/** Names of environment variables: secrets stand there, never in the file. */
const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'expected the name of an environment variable, such as TRADEAI_TOKEN');

const whole = (minimum: number, maximum: number) => z.int().min(minimum).max(maximum);

export const webhookSchema = z.strictObject({
  url: z.url({ protocol: /^https?$/, error: 'expected an http or https address' }).max(2_000),
  events: z
    .array(z.enum(WEBHOOK_EVENTS))
    .min(1)
    .default([...WEBHOOK_EVENTS]),
  /** Environment variable with the key of the HMAC signature; unsigned without one. */
  secretEnv: variableName.optional(),
  /** Whether the address may lie in a private network. */
  allowPrivate: z.boolean().default(false),
});

export const serveOptionsSchema = z.strictObject({
  /** Another address than the loopback one is served only with a token. */
  host: z.string().min(1).max(255).default('127.0.0.1'),
  /** 0 takes any free port. */
  port: whole(0, 65_535).default(8_080),
  /** `Host` headers accepted beside the address itself, such as the name of a reverse proxy. */
  allowedHosts: z.array(z.string().min(1).max(255)).max(100).default([]),
  /** Proxies on other machines: no limit of a client is theirs. Addresses, and networks as `10.0.0.0/8`. */
  trustedProxies: z
    .array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], 'expected an IP address, or a network as 10.0.0.0/8'))
    .max(100)
    .default([]),
  /** Environment variable that holds the token of the API. */
  tokenEnv: variableName.default('TRADEAI_TOKEN'),
  /** Candles are brought up to date as they close; off for a workspace that somebody else updates. */
  updateCandles: z.boolean().default(true),
  webhooks: z.array(webhookSchema).max(20).default([]),
  /** A challenger that was not promoted forecasts beside the champion until the rule decides. */
  shadow: z.boolean().default(true),
  /** A champion whose track record falls significantly below its report says HOLD until it is replaced. */
  demoteOnDrift: z.boolean().default(false),
  staleAnswers: z.enum(STALE_ANSWERS).default('hold'),
  /** Versions of each model that are kept when old ones are pruned; champion and predecessor always are. */
  keepVersions: whole(2, 10_000).default(20),
  /**
   * Minutes without any progress, not even a batch or a page of candles, after which a training is ended. An exchange may
   * ask for a pause of five.
   */
  trainingStallMinutes: whole(10, 10_080).default(60),
});

const RETRAIN_EXPECTED = 'expected cron text such as "15 3 * * *", or { everyCandles: 168 }';

export const scheduleOptionsSchema = z.strictObject({
  /** When every model is trained again: cron text, or so many candles after the last training; never when absent. */
  retrain: z
    .union(
      [
        z.string().min(1).max(200).refine(isCron, RETRAIN_EXPECTED),
        z.strictObject({ everyCandles: whole(1, 1_000_000) }),
      ],
      {
        error: RETRAIN_EXPECTED,
      },
    )
    .optional(),
  /** Time zone of the cron text, an IANA name. */
  timeZone: z.string().max(64).refine(isTimeZone, 'expected a time zone such as UTC or Europe/Berlin').default('UTC'),
  /** Whether drift or lost skill starts a training of the model concerned. */
  onDrift: z.boolean().default(false),
});

export type WebhookOptions = z.output<typeof webhookSchema>;
export type ServeOptions = z.output<typeof serveOptionsSchema>;
export type ServeOptionsInput = z.input<typeof serveOptionsSchema>;
export type ScheduleOptions = z.output<typeof scheduleOptionsSchema>;
export type ScheduleOptionsInput = z.input<typeof scheduleOptionsSchema>;

function isCron(text: string): boolean {
  try {
    return new Cron(text).nextRun() !== null;
  } catch {
    return false;
  }
}
