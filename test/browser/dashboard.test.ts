import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ForecastService } from '../../src/ports/forecast-service.js';
import { type RunningServer, runServer } from '../../src/server/run-server.js';
import type { ServerEvent } from '../../src/wire/wire.js';
import { type MemoryService, type MemoryServiceOptions, openMemoryService } from '../support/memory-service.js';
import { CHROMIUM, needsFiles } from '../support/needs.js';

const FOLDER = join(import.meta.dirname, '../../dist/dashboard');
const TOKEN = 'a-token-of-the-test-0123456789';
const HOSTILE = `</script><script>window.hacked = 1</script><img src="http://127.0.0.1:9/x" onerror="window.hacked = 2"><svg onload="window.hacked = 3">'"\${7*7}{{7*7}}`;
const PAGES = [
  '#/',
  '#/symbol/BTCUSDT',
  '#/models',
  '#/models/BTCUSDT?compare=1,2',
  '#/training',
  '#/data',
  '#/ledger',
];

interface OpenedPage {
  readonly page: Page;
  /** Console errors and warnings, failed scripts, violations of the policy, dialogs. */
  readonly errors: string[];
  readonly requests: string[];
}

describe(
  'the dashboard in Chromium',
  needsFiles([CHROMIUM, join(FOLDER, 'index.html')], 'Chromium or the built dashboard'),
  () => {
    let browser: Browser;
    /** For tests that only read. */
    let shared: RunningServer;
    const servers: RunningServer[] = [];
    const pages: Page[] = [];

    beforeAll(async () => {
      browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
      shared = (await serve()).server;
      servers.length = 0;
    });

    afterEach(async () => {
      await Promise.all(pages.splice(0).map((page) => page.context().close()));
      await Promise.all(servers.splice(0).map((server) => server.close()));
    });

    afterAll(async () => {
      await Promise.all([browser?.close(), shared?.close()]);
    });

    async function serve(
      options: MemoryServiceOptions & { token?: string; change?: (service: MemoryService) => ForecastService } = {},
    ): Promise<{ url: string; service: MemoryService; server: RunningServer }> {
      const service = await openMemoryService({ symbolCount: 8, rowCount: 1_500, epochMs: 60, ...options });
      const server = await runServer({
        service: options.change?.(service) ?? service,
        options: { port: 0, token: options.token, dashboardFolder: FOLDER },
      });
      servers.push(server);
      return { url: server.url, service, server };
    }

    async function open(url: string, hash = '#/', options: BrowserContextOptions = {}): Promise<OpenedPage> {
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
      const page = await context.newPage();
      pages.push(page);
      const errors: string[] = [];
      const requests: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text());
      });
      page.on('pageerror', (error) => errors.push(error.message));
      page.on('dialog', (dialog) => {
        errors.push(`dialog: ${dialog.message()}`);
        void dialog.dismiss();
      });
      page.on('request', (request) => requests.push(request.url()));
      await page.goto(`${url}/${hash}`);
      return { page, errors, requests };
    }

    const heading = (page: Page) => page.locator('main h1');

    test('shows every model, and asks nobody but its own server', async () => {
      const { url } = shared;
      const { page, errors, requests } = await open(url);
      await page.locator('tbody tr').nth(7).waitFor();
      expect(await page.locator('tbody tr').count()).toBe(8);
      const row = page.getByRole('row', { name: /BTCUSDT/ });
      expect(await row.textContent()).toMatch(/%.*(BUY|SELL|HOLD)/);
      await page.getByRole('row', { name: /Drifting/ }).waitFor();
      expect(errors).toEqual([]);
      expect(requests.filter((request) => !request.startsWith(`${url}/`))).toEqual([]);
    });

    test('sorts, filters, and opens a model from its row', async () => {
      const { url } = shared;
      const { page } = await open(url);
      await page.getByRole('button', { name: 'Confidence' }).click();
      const sorted = page.getByRole('columnheader', { name: 'Confidence' });
      expect(await sorted.getAttribute('aria-sort')).toBe('descending');
      const cells = await page.locator('tbody tr td:nth-child(6)').allTextContents();
      const figures = cells.filter((text) => text !== '–').map(Number.parseFloat);
      expect(figures).toEqual([...figures].sort((a, b) => b - a));
      await page.getByRole('searchbox').fill('eth');
      expect(await page.locator('tbody tr').count()).toBe(1);
      await page.getByRole('searchbox').fill('nothing like that');
      await page.getByRole('button', { name: 'Show all 8' }).click();
      await page.getByRole('link', { name: 'ETHUSDT' }).click();
      await page.getByRole('heading', { level: 1, name: 'ETHUSDT' }).waitFor();
      expect(await page.title()).toBe('ETHUSDT · TradeAI');
    });

    test('draws candles, forecasts and the record of one model, and brings older candles when the reader goes back', async () => {
      const { url } = shared;
      const { page, errors } = await open(url, '#/symbol/BTCUSDT');
      await page.getByRole('img', { name: /^600 candles of BTCUSDT/ }).waitFor();
      const toolbar = page.getByRole('toolbar');
      for (let step = 0; step < 18; step += 1) await toolbar.getByRole('button', { name: 'Older' }).click();
      await page.getByRole('img', { name: /^1500 candles of BTCUSDT/ }).waitFor();
      await page.getByRole('heading', { name: 'Track record against the report' }).waitFor();
      await page.getByRole('img', { name: /^Reliability/ }).waitFor();
      await page.getByRole('link', { name: 'tradingview.com' }).waitFor();
      expect(errors).toEqual([]);
    });

    test('compares two versions side by side', async () => {
      const { url } = shared;
      const { page, errors } = await open(url, '#/models/BTCUSDT');
      await page.getByRole('checkbox', { name: 'Compare version 1' }).click();
      await page.getByText('Tick a second version').waitFor();
      await page.getByRole('checkbox', { name: 'Compare version 2' }).click();
      await page.getByRole('heading', { name: 'What was different in the making' }).waitFor();
      expect(new URL(page.url()).hash).toBe('#/models/BTCUSDT?compare=1%2C2');
      expect(errors).toEqual([]);
    });

    test('promotes after saying what will happen, and gives the focus back', async () => {
      const { url, service } = await serve({ symbolCount: 2 });
      const { page, errors } = await open(url, '#/models/BTCUSDT');
      const before = (await service.model('BTCUSDT')).summary.champion!;
      const button = page.getByRole('button', { name: 'Promote… version 1' });
      await button.click();
      const dialog = page.getByRole('dialog', { name: 'Promote version 1 of BTCUSDT?' });
      await dialog.getByText(`takes over from version ${before.version}`).waitFor();
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      expect((await service.model('BTCUSDT')).summary.champion!.version).toBe(before.version);
      await button.and(page.locator(':focus')).waitFor();
      await button.click();
      await dialog.getByRole('button', { name: 'Promote version 1' }).click();
      await page.getByText('Version 1 of BTCUSDT is in charge now.').waitFor();
      await page.getByRole('row', { name: /^Compare version 1 1 Champion/ }).waitFor();
      expect((await service.model('BTCUSDT')).summary.champion!.version).toBe(1);
      // The button is gone with the promotion: the focus is at the heading then.
      await page.locator('main h1:focus').waitFor();
      await page.getByRole('button', { name: `Roll back to version ${before.version}…` }).click();
      await page
        .getByRole('dialog')
        .getByRole('button', { name: /^Roll back/ })
        .click();
      await page.getByText(`Version ${before.version} of BTCUSDT is in charge now.`).waitFor();
      expect((await service.model('BTCUSDT')).summary.champion!.version).toBe(before.version);
      expect(errors).toEqual([]);
    });

    test('a promotion that somebody else was faster with does nothing and says so', async () => {
      const { url, service } = await serve({
        symbolCount: 2,
        change: (service) => ({ ...service, subscribe: () => () => {} }),
      });
      const { page } = await open(url, '#/models/BTCUSDT');
      await page.getByRole('button', { name: 'Promote… version 1' }).click();
      await service.promote('BTCUSDT', { version: 3 });
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('button', { name: 'Promote version 1' }).click();
      await dialog.getByText('The champion has changed since you opened this page, so nothing was done.').waitFor();
      expect((await service.model('BTCUSDT')).summary.champion!.version).toBe(3);
      await dialog.getByRole('button', { name: 'Close' }).click();
      await page.getByRole('row', { name: /^Compare version 3 3 Champion/ }).waitFor();
    });

    test('starts a training, shows it as it goes, and cancels it', async () => {
      const { url, service } = await serve({ symbolCount: 2, epochMs: 300 });
      const { page, errors } = await open(url, '#/training');
      await page.getByText('Nothing is training').waitFor();
      await page.getByRole('combobox', { name: 'Model' }).selectOption('ETHUSDT');
      await page.getByRole('button', { name: 'Train again…' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Start the training' }).click();
      const job = page.getByRole('region', { name: 'Training of ETHUSDT' });
      await job.getByRole('progressbar').waitFor();
      await job.getByRole('img', { name: /[3-9] epochs, training/ }).waitFor();
      await job.getByText('61,250').waitFor();
      await job.getByRole('button', { name: 'Cancel…' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Cancel the training' }).click();
      await page.getByText('The training of ETHUSDT is cancelled.').waitFor();
      await page.getByText('Nothing is training').waitFor();
      expect(service.jobs()[0].state).toBe('cancelled');
      expect(errors).toEqual([]);
    });

    test('shows what was found in the data, and pages through the ledger', async () => {
      const { url } = shared;
      const { page, errors } = await open(url, '#/data');
      await page.getByRole('button', { name: /^Show what was found in BNBUSDT/ }).click();
      await page.getByText('The last update failed.').waitFor();
      await page.keyboard.press('5');
      await page.getByRole('heading', { level: 1, name: 'Ledger' }).waitFor();
      const newest = await page.locator('tbody tr time').first().getAttribute('datetime');
      await page.getByRole('button', { name: 'Older' }).click();
      await page.getByRole('button', { name: 'Newer' }).and(page.locator(':enabled')).waitFor();
      const older = await page.locator('tbody tr time').first().getAttribute('datetime');
      expect(Date.parse(older!)).toBeLessThan(Date.parse(newest!));
      await page.getByRole('combobox', { name: 'Model' }).selectOption('ETHUSDT');
      expect(new URL(page.url()).hash).toBe('#/ledger?name=ETHUSDT');
      expect(errors).toEqual([]);
    });

    test('asks for the token, refuses a wrong one, and keeps the right one in the tab', async () => {
      const { url } = await serve({ token: TOKEN });
      const { page, requests } = await open(url);
      const dialog = page.getByRole('dialog', { name: 'This server asks for a token' });
      await dialog.getByLabel('Token').fill('wrong');
      await page.keyboard.press('Enter');
      await dialog.getByText('This token is not accepted.').waitFor();
      await dialog.getByLabel('Token').fill(TOKEN);
      await page.keyboard.press('Enter');
      await page.locator('tbody tr').nth(7).waitFor();
      await page.getByText('2 stale').waitFor();
      await page.reload();
      await page.locator('tbody tr').nth(7).waitFor();
      expect(await dialog.count()).toBe(0);
      expect((await page.context().storageState()).origins).toEqual([]);
      expect(requests.filter((request) => request.includes(TOKEN))).toEqual([]);
    });

    test('says that the server is gone, keeps what it has, and comes back by itself', async () => {
      const { url, server } = await serve();
      const { page } = await open(url);
      await page.getByText('2 stale').waitFor();
      await page.locator('tbody tr').nth(7).waitFor();
      await server.close();
      await page.getByText('The server does not answer; trying again.').waitFor();
      expect(await page.locator('tbody tr').count()).toBe(8);
      servers.push(await serveAgain(url, await openMemoryService({ symbolCount: 3, rowCount: 300 })));
      await page.getByText('Live', { exact: true }).waitFor();
      await page.locator('tbody tr').nth(3).waitFor({ state: 'detached' });
      expect(await page.locator('tbody tr').count()).toBe(3);
    });

    test('is live only while every forecast is fresh, and says which is not', async () => {
      const { page } = await open(shared.url);
      const mark = page.getByRole('status').getByRole('link', { name: '2 stale' });
      expect(await mark.getAttribute('title')).toBe('Without a fresh forecast: BNBUSDT, DOGEUSDT');
      await mark.click();
      await page.getByRole('link', { name: 'BTCUSDT' }).waitFor({ state: 'detached' });
      await page.getByRole('link', { name: 'BNBUSDT' }).click();
      await page.getByRole('heading', { name: 'Why HOLD' }).waitFor();
      await page
        .getByText(/^This forecast is about the past/)
        .first()
        .waitFor();
      const { url } = await serve({ symbolCount: 3 });
      const sound = await open(url);
      await sound.page.getByText('Live', { exact: true }).waitFor();
    });

    test('a page that was not loaded before the server went comes when it is back', async () => {
      const { url, service, server } = await serve({ symbolCount: 3 });
      const { page } = await open(url);
      await page.getByText('Live', { exact: true }).waitFor();
      await server.close();
      await page.keyboard.press('5');
      await page.getByRole('alert').getByText('The server did not answer.').waitFor();
      expect(await page.locator('body').textContent()).not.toMatch(/module|import/i);
      expect(await heading(page).textContent()).toBe('Ledger');
      servers.push(await serveAgain(url, service));
      await page.locator('tbody tr').first().waitFor();
    });

    test('loads itself again when the server has become another program, and never in a circle', async () => {
      const { url, service, server } = await serve({ symbolCount: 3 });
      const { page, requests } = await open(url, '#/ledger');
      const loads = () => requests.filter((request) => request === `${url}/`).length;
      await page.locator('tbody tr').first().waitFor();
      let running = server;
      const become = async (version: string) => {
        await running.close();
        running = await serveAgain(url, { ...service, status: () => ({ ...service.status(), version }) });
        servers.push(running);
      };
      await become('2.0.0');
      await expect.poll(loads).toBe(2);
      await page.locator('tbody tr').first().waitFor();
      // It is the page of the old program still, though it has heard of no other version.
      await page.getByText('The server has been upgraded since this page was loaded.').waitFor();
      await become('1.0.0');
      await expect.poll(loads).toBe(3);
      await page.locator('tbody tr').first().waitFor();
      // It was loaded for this one a moment ago: whatever goes back and forth here, the reader decides now.
      await become('2.0.0');
      await page.getByText('The server has been upgraded since this page was loaded.').waitFor();
      expect(loads()).toBe(3);
      await page.getByRole('button', { name: 'Load again' }).click();
      await expect.poll(loads).toBe(4);
      await become(service.status().version);
      await page.getByText('The server has been upgraded').waitFor({ state: 'detached' });
      expect(loads()).toBe(4);
    });

    test('a file that is gone with an upgrade is asked for once more with the whole page, and then explained', async () => {
      const { page, requests } = await open(shared.url);
      await page.locator('tbody tr').first().waitFor();
      await page.route('**/assets/ledger-*.js', (route) => route.fulfill({ status: 404 }));
      await page.keyboard.press('5');
      await page.getByRole('alert').getByText('A part of this page is not on the server any more').waitFor();
      expect(requests.filter((request) => request === `${shared.url}/`)).toHaveLength(2);
      expect(await page.locator('body').textContent()).not.toMatch(/dynamically imported|module/i);
      await page.unroute('**/assets/ledger-*.js');
      await page.getByRole('alert').getByRole('button', { name: 'Try again' }).click();
      await page.locator('tbody tr').first().waitFor();
      expect(await heading(page).textContent()).toBe('Ledger');
    });

    test('is used by keyboard alone', async () => {
      const { url } = shared;
      const { page } = await open(url);
      await page.locator('tbody tr').first().waitFor();
      await page.keyboard.press('Tab');
      expect(await page.locator(':focus').textContent()).toBe('Skip to the content');
      await page.keyboard.press('Enter');
      await page.locator('main h1:focus').waitFor();
      for (const [key, title] of [
        ['2', 'Models'],
        ['3', 'Training'],
        ['4', 'Data health'],
        ['5', 'Ledger'],
        ['1', 'Overview'],
      ]) {
        await page.keyboard.press(key);
        await page.getByRole('heading', { level: 1, name: title }).waitFor();
      }
      await page.keyboard.press('/');
      await page.locator('#find:focus').waitFor();
      await page.keyboard.type('2?t');
      expect(await page.getByRole('searchbox').inputValue()).toBe('2?t');
      await page.locator('main h1').focus();
      await page.keyboard.press('?');
      const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
      await help.getByRole('checkbox').uncheck();
      await page.keyboard.press('Escape');
      await help.waitFor({ state: 'detached' });
      await page.keyboard.press('3');
      expect(await heading(page).textContent()).toBe('Overview');
    });

    test('follows the scheme of the system until the reader chooses', async () => {
      const { url } = shared;
      const { page } = await open(url, '#/', { colorScheme: 'dark' });
      const themeOf = () => page.locator('html').getAttribute('data-theme');
      expect(await themeOf()).toBe('dark');
      await page.getByRole('button', { name: 'Use light colours' }).click();
      expect(await themeOf()).toBe('light');
      await page.reload();
      expect(await themeOf()).toBe('light');
      await page.getByRole('button', { name: 'Use dark colours' }).click();
      expect((await page.context().storageState()).origins).toEqual([]);
    });

    test('every page fits a phone', async () => {
      const { url } = shared;
      const { page, errors } = await open(url, '#/', { viewport: { width: 360, height: 780 } });
      const widths: Record<string, unknown> = {};
      for (const hash of PAGES) {
        await showPage(page, url, hash);
        widths[hash] = await page.evaluate('document.documentElement.scrollWidth');
      }
      expect(widths).toEqual(Object.fromEntries(PAGES.map((hash) => [hash, 360])));
      expect(errors).toEqual([]);
    });

    test('a version is promoted from a phone without scrolling sideways', async () => {
      const { page } = await open(shared.url, '#/models/BTCUSDT', { viewport: { width: 360, height: 780 } });
      const box = await page.getByRole('button', { name: 'Promote… version 1' }).boundingBox();
      expect(box!.x + box!.width).toBeLessThanOrEqual(360);
    });

    test('rows keep their places under the pointer, and their figures move', async () => {
      const tell = new Set<(event: ServerEvent) => void>();
      const { url, service } = await serve({
        symbolCount: 4,
        change: (service) => ({
          ...service,
          subscribe(listener) {
            tell.add(listener);
            return () => tell.delete(listener);
          },
        }),
      });
      const { page } = await open(url);
      await page.getByText('1 stale').waitFor();
      await page.getByRole('button', { name: 'Confidence' }).click();
      const names = () => page.locator('tbody .row-link').allTextContents();
      const confidences = () => page.locator('tbody tr td:nth-child(6)').allTextContents();
      const [before, figures] = [await names(), await confidences()];
      await page.locator('tbody tr').first().hover();
      for (const { prediction, isFresh } of service.models()) {
        if (prediction === null) continue;
        const event = {
          kind: 'prediction',
          atMs: 0,
          prediction: { ...prediction, confidence: 1.2 - prediction.confidence },
          // As it was: the list is not asked for anew, which would bring the figures of before.
          isFresh,
        };
        for (const listener of tell) listener(event as ServerEvent);
      }
      await expect.poll(confidences).not.toEqual(figures);
      expect(await names()).toEqual(before);
      await page.mouse.move(5, 5);
      await expect
        .poll(async () => (await confidences()).filter((text) => text !== '–').map(Number.parseFloat))
        .toSatisfy((shown: number[]) => shown.every((figure, row) => row === 0 || figure <= shown[row - 1]));
    });

    test('every page has one heading, named regions and named controls', async () => {
      const { page } = await open(shared.url);
      for (const hash of PAGES) {
        await showPage(page, shared.url, hash);
        const snapshot = await page.locator('body').ariaSnapshot();
        expect(snapshot.match(/heading "[^"]+" \[level=1\]/g), hash).toHaveLength(1);
        // What has no name is listed as its role alone.
        expect(
          snapshot.match(
            /^ *- (button|link|checkbox|combobox|searchbox|spinbutton|table|region|img|progressbar)(:.*)?$/gm,
          ),
          hash,
        ).toBeNull();
      }
    });

    test('says when there is nothing, and when something went wrong', async () => {
      const { url } = await serve({
        change: (service) => ({
          ...service,
          models: () => [],
          jobs: () => [],
          dataHealth: async () => {
            throw new Error('a secret of the inside');
          },
        }),
      });
      const { page } = await open(url);
      await page.getByText('No models yet').waitFor();
      await page.goto(`${url}/#/data`);
      await page.getByRole('alert').getByRole('button', { name: 'Try again' }).waitFor();
      expect(await page.locator('main').textContent()).not.toContain('secret');
      await page.goto(`${url}/#/symbol/NOBODY`);
      await page.getByText('There is no such model').waitFor();
      await page.goto(`${url}/#/nowhere`);
      await page.getByRole('heading', { name: 'There is no such page' }).waitFor();
    });

    test('shows hostile text as text, in every field of every page', async () => {
      const { url } = await serve({ symbolCount: 4, rowCount: 400, change: poisonService });
      const { page, errors, requests } = await open(url);
      for (const hash of PAGES) {
        await showPage(page, url, hash);
        const closed = page.getByRole('button', { name: /^Show what was found/ });
        while ((await closed.count()) > 0) await closed.first().click();
        await page.getByText('window.hacked', { exact: false }).first().waitFor({ state: 'attached' });
        expect(await page.evaluate('window.hacked')).toBeUndefined();
        expect(errors).toEqual([]);
        expect(requests.filter((request) => !request.startsWith(`${url}/`))).toEqual([]);
      }
    });
  },
);

/** Another server at the same address. */
function serveAgain(url: string, service: ForecastService): Promise<RunningServer> {
  return runServer({ service, options: { port: Number(new URL(url).port), dashboardFolder: FOLDER } });
}

/** Goes to a page of the dashboard and waits until it has what it asked for. */
async function showPage(page: Page, url: string, hash: string): Promise<void> {
  await page.goto(`${url}/${hash}`);
  await page.locator('main .card, main .model-card').first().waitFor();
  await page.locator('.skeleton').first().waitFor({ state: 'detached' });
}

/** Fields by which the page finds its way; all other text is whatever somebody wrote. */
const KEYS = new Set([
  'name',
  'symbol',
  'interval',
  'source',
  'signal',
  'verdict',
  'health',
  'state',
  'role',
  'kind',
  'severity',
  'estimator',
  'id',
]);

function poisonService(service: MemoryService): ForecastService {
  return {
    ...service,
    models: () => {
      const models = poison(service.models());
      return [...models, { ...models[1], name: HOSTILE, symbol: HOSTILE }];
    },
    jobs: () => poison(service.jobs()),
    model: async (name) => poison(await service.model(name)),
    version: async (name, version) => poison(await service.version(name, version)),
    ledger: async (query) => poison(await service.ledger(query)),
    record: async (name, version) => poison(await service.record(name, version)),
    dataHealth: async () => poison(await service.dataHealth()),
  };
}

function poison<T>(value: T, key = ''): T {
  if (typeof value === 'string') return (KEYS.has(key) ? value : HOSTILE) as T;
  if (Array.isArray(value)) return value.map((item) => poison(item, key)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, poison(item, name)])) as T;
}
