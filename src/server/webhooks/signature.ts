/** The signature of a webhook: HMAC-SHA256 over time and body, so that neither can be changed or sent again later. */

import { createHmac } from 'node:crypto';

/** @returns `t=SECONDS,v1=HEX`, where HEX is the HMAC of `SECONDS.BODY` */
export function signPayload(secret: string, timeMs: number, body: string): string {
  const seconds = Math.floor(timeMs / 1_000);
  const hex = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  return `t=${seconds},v1=${hex}`;
}
