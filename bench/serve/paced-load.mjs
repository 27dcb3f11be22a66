// Requests at a fixed rate whatever becomes of the answers: each is timed from when it was due, so that a server that
// stops for a moment is charged for everybody who waited (G. Tene's "coordinated omission").
import { Agent, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

/**
 * @param url asked with GET, over connections that are kept
 * @param headers of every request
 * @returns latencies in milliseconds, sorted, and how many requests had no answer of status 200
 */
export async function loadPaced(url, { headers, rate, seconds, connections = 32 }) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const total = Math.round(rate * seconds);
  const latenciesMs = [];
  let failed = 0;
  const startMs = performance.now();
  const ask = (dueMs) =>
    new Promise((resolve) => {
      const done = (isGood) => {
        if (isGood) latenciesMs.push(performance.now() - dueMs);
        else failed += 1;
        resolve();
      };
      request(url, { agent, headers }, (answer) => {
        answer.resume().on('end', () => done(answer.statusCode === 200));
      })
        .on('error', () => done(false))
        .end();
    });
  const answers = [];
  for (let sent = 0; sent < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - startMs) / 1_000) * rate));
    for (; sent < due; sent++) answers.push(ask(startMs + (sent / rate) * 1_000));
    // A timer may be a millisecond late, which is charged to the server; waiting busily would take a core from it.
    await wait(1);
  }
  await Promise.all(answers);
  agent.destroy();
  return {
    latenciesMs: latenciesMs.sort((a, b) => a - b),
    failed,
    perSecond: total / ((performance.now() - startMs) / 1_000),
  };
}
