/** The time of the server, moving on: ages are right even where the browser's clock is not. */

import { signal } from '@preact/signals';

const TICK_MS = 5_000;
/** A smaller difference is the way of the answer, not the clock. */
const WORTH_CORRECTING_MS = 5_000;

let offsetMs = 0;
export const nowMs = signal(Date.now());

export function startClock(): void {
  setInterval(tick, TICK_MS);
  document.addEventListener('visibilitychange', tick);
}

/** Sets the clock by what the server says the time is. */
export function setServerTime(serverNowMs: number): void {
  const difference = serverNowMs - Date.now();
  offsetMs = Math.abs(difference) < WORTH_CORRECTING_MS ? 0 : difference;
  tick();
}

function tick(): void {
  nowMs.value = Date.now() + offsetMs;
}
