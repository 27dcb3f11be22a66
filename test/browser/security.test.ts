import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type RunningServer, runServer } from '../../src/server/run-server.js';
import { type MemoryService, openMemoryService } from '../support/memory-service.js';
import { CHROMIUM, needsChromium } from '../support/needs.js';

const EVIL = 'evil.test';

const SCRIPT = readFileSync(join(import.meta.dirname, 'foreign-page.js'), 'utf8');

/** Runs a function of `foreign-page.js` in a page, whatever the page's own policy is. */
function runIn(page: Page, name: string, argument: unknown): Promise<unknown> {
  return page.evaluate(`(() => { ${SCRIPT}; return foreignPage.${name}(${JSON.stringify(argument)}); })()`);
}

/** What a page of somebody else's finds out, or does, by one attempt. */
type Attempt = Record<string, string>;

describe('pages of others in Chromium', needsChromium, () => {
  let browser: Browser;
  let service: MemoryService;
  let server: RunningServer;
  let foreign: Server;
  let foreignPort: number;
  let serverPort: number;
  /** What reached the forecast service and would have changed something. */
  const changes: string[] = [];

  beforeAll(async () => {
    // Every name leads to this machine: the page's own, and the one that was rebound to the server.
    const rules = `--host-resolver-rules=MAP *.test 127.0.0.1`;
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      // Without the browser's own wall before the loopback addresses: the server must hold by itself.
      args: [
        '--no-sandbox',
        '--disable-gpu',
        rules,
        '--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests,PrivateNetworkAccessRespectPreflightResults',
      ],
    });
    service = await openMemoryService({ symbolCount: 2, rowCount: 300 });
    const watched = {
      ...service,
      async retrain(...args: Parameters<typeof service.retrain>) {
        changes.push('retrain');
        return service.retrain(...args);
      },
      async promote(...args: Parameters<typeof service.promote>) {
        changes.push('promote');
        return service.promote(...args);
      },
      async rollback(...args: Parameters<typeof service.rollback>) {
        changes.push('rollback');
        return service.rollback(...args);
      },
    };
    server = await runServer({ service: watched, options: { port: 0 } });
    serverPort = Number(new URL(server.url).port);
    foreign = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end('<!doctype html><title>a page</title><p>of somebody else</p>');
    });
    await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve));
    foreignPort = (foreign.address() as AddressInfo).port;
  });
  beforeEach(() => {
    changes.length = 0;
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    foreign?.close();
  });

  async function openPage(url: string): Promise<Page> {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(url);
    return page;
  }

  /** Everything that a script may try against `target`. */
  function attack(page: Page, target: string): Promise<Attempt> {
    return runIn(page, 'attack', target) as Promise<Attempt>;
  }

  /** What a request without CORS brings back says nothing; the rest must have failed. */
  function findLeaks(attempts: Attempt): string[] {
    return Object.entries(attempts)
      .filter(([, result]) => result.startsWith('read:') && !result.startsWith('read: opaque 0 '))
      .map(([name, result]) => `${name}: ${result}`);
  }

  test.each([
    ['another port of this machine', () => `http://127.0.0.1:${foreignPort}`],
    ['localhost, by another port', () => `http://localhost:${foreignPort}`],
    ['another name', () => `http://${EVIL}:${foreignPort}`],
  ])('a page of %s reads nothing and changes nothing', async (_what, url) => {
    const page = await openPage(url());
    for (const target of [server.url, `http://localhost:${serverPort}`]) {
      expect(findLeaks(await attack(page, target))).toEqual([]);
    }
    expect(changes).toEqual([]);
    await page.context().close();
  });

  test('a name that was rebound to the server gets no page, no answer and no events', async () => {
    const page = await openPage(`http://${EVIL}:${foreignPort}`);
    const rebound = `http://rebound.test:${serverPort}`;
    const answer = await page.goto(rebound);
    expect(answer?.status()).toBe(403);
    // As the page that a rebinding attacker would have there before the name is turned: same origin, own scripts.
    const attempts = await attack(page, rebound);
    const answered = Object.entries(attempts).filter(
      ([, result]) => result.startsWith('read:') && !/ 403 /.test(result),
    );
    expect(answered).toEqual([]);
    expect(changes).toEqual([]);
    await page.context().close();
  });

  test('a form sends nothing that is taken', async () => {
    for (const type of ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain']) {
      const page = await openPage(`http://${EVIL}:${foreignPort}`);
      const [answer] = await Promise.all([
        page.waitForResponse((response) => response.url().includes('/v1/')),
        runIn(page, 'submitForm', { action: `${server.url}/v1/retrain`, enctype: type }),
      ]);
      expect([403, 415]).toContain(answer.status());
      await page.context().close();
    }
    expect(changes).toEqual([]);
  });

  test('a frame stays empty, and a window that was opened cannot be reached', async () => {
    const page = await openPage(`http://127.0.0.1:${foreignPort}`);
    const refused: string[] = [];
    page.on('console', (message) => refused.push(message.text()));
    await runIn(page, 'showFrame', server.url);
    const texts = await Promise.all(
      page
        .frames()
        .slice(1)
        .map((frame) => frame.evaluate<string>("document.body?.innerText ?? ''").catch(() => '')),
    );
    expect(texts.join('')).not.toMatch(/TradeAI/);
    await expect.poll(() => refused.join('\n')).toMatch(/frame/i);
    const reached = await runIn(page, 'openWindow', server.url);
    expect(['SecurityError', 'nothing']).toContain(reached);
    await page.context().close();
  });

  test('the page of the server itself reads, changes and hears what it should', async () => {
    const page = await openPage(server.url);
    const attempts = await attack(page, server.url);
    expect(attempts.fetch).toMatch(/^read: basic 200/);
    expect(attempts['post json']).toMatch(/^read: basic 202/);
    expect(attempts.events).toBe('read: open');
    expect(changes).toContain('retrain');
    await page.context().close();
  });
});
