/** What every fake exchange has in common: requests are kept, and met with faults by script. */

import { createFaultScript, type ExchangeRequest, type FaultScript } from './faults.js';
import { type Answer, deliver, listenOnLoopback } from './http.js';

export interface Venue extends Pick<FaultScript, 'misbehave' | 'behave'> {
  readonly url: string;
  /** Every request, in order. */
  readonly requests: readonly ExchangeRequest[];
  close(): Promise<void>;
}

/** Starts a server on a free port that answers GET requests. */
export async function startVenue(answer: (request: ExchangeRequest) => Answer): Promise<Venue> {
  const requests: ExchangeRequest[] = [];
  const faults = createFaultScript();
  const server = await listenOnLoopback(async ({ url = '/' }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://localhost');
    const request = { host: 'rest', path: pathname, query: Object.fromEntries(searchParams) } as const;
    requests.push(request);
    const fault = faults.next(request);
    await deliver(answer(request), fault, response);
  });
  return { url: server.url, requests, misbehave: faults.misbehave, behave: faults.behave, close: server.close };
}
