import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderHtmlReport } from '../../src/report/html-report.js';
import type { HtmlReportData } from '../../src/report/html-report-data.js';
import { CHROMIUM, needsChromium } from '../support/needs.js';
import { makeEmptyReportData, makeReportData } from '../support/report-data.js';

const HOSTILE = `</script><script>window.hacked = 1</script><img src="http://127.0.0.1:9/x" onerror="window.hacked = 2">'"`;
/** Pixels of each chart that have the blue of its main series (`--blue` of the light scheme), nearly. */
const COUNT_BLUE = `[...document.querySelectorAll('.plot canvas')].map((canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] > 200 && data[i] < 40 && Math.abs(data[i + 1] - 114) < 40 && Math.abs(data[i + 2] - 178) < 40) count += 1;
  }
  return count;
})`;

interface OpenedPage {
  readonly page: Page;
  /** Console errors, failed scripts, violations of the policy. */
  readonly errors: string[];
  readonly requests: string[];
}

describe('report.html in Chromium', needsChromium, () => {
  let folder: string;
  let browser: Browser;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tradeai-report-'));
    browser = await chromium.launch({ executablePath: CHROMIUM });
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function open(
    data: HtmlReportData,
    { width = 900, colorScheme = 'light' as 'light' | 'dark' } = {},
  ): Promise<OpenedPage> {
    const file = join(folder, 'report.html');
    writeFileSync(file, renderHtmlReport(data));
    const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
    const errors: string[] = [];
    const requests: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text());
    });
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(pathToFileURL(file).href);
    return { page, errors, requests };
  }

  test('opens from a file without an error or a request, and draws every chart', async () => {
    const { page, errors, requests } = await open(makeReportData());
    expect(await page.title()).toBe('BTCUSDT version 7 · TradeAI report');
    expect(await page.locator('h1').textContent()).toBe('BTCUSDT');
    expect(await page.locator('.verdict strong').allTextContents()).toEqual(['Skill', 'Promoted']);
    const bluePixels: number[] = await page.evaluate(COUNT_BLUE);
    expect(bluePixels.length).toBe(6);
    for (const count of bluePixels) expect(count).toBeGreaterThan(100);
    expect(errors).toEqual([]);
    expect(requests).toEqual([pathToFileURL(join(folder, 'report.html')).href]);
    await page.close();
  });

  test('shows hostile text as text', async () => {
    const full = makeReportData();
    const { page, errors, requests } = await open(
      makeReportData({
        name: HOSTILE,
        symbol: HOSTILE,
        reasons: [HOSTILE],
        warnings: [HOSTILE],
        config: { [HOSTILE]: HOSTILE, list: [HOSTILE] },
        importance: [{ feature: HOSTILE, r2Loss: 0.1 }],
        test: { ...full.test, baselines: { [HOSTILE]: full.test.baselines.ridge } },
      }),
    );
    expect(await page.locator('h1').textContent()).toBe(HOSTILE);
    expect(await page.title()).toContain(HOSTILE);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    expect(await page.locator('.plot canvas').count()).toBe(6);
    expect([errors, requests.length]).toEqual([[], 1]);
    await page.close();
  });

  test('runs no script but its own', async () => {
    const { page, errors } = await open(makeReportData());
    const injected = `(() => {
      const script = document.createElement('script');
      script.textContent = 'window.injected = true';
      document.body.append(script);
      return window.injected ?? 'blocked';
    })()`;
    expect(await page.evaluate(injected)).toBe('blocked');
    expect(errors.join()).toContain('Content Security Policy');
    await page.close();
  });

  test('says why where nothing could be computed, and draws nothing', async () => {
    const { page, errors } = await open(makeEmptyReportData());
    expect(await page.locator('canvas').count()).toBe(0);
    expect(await page.locator('.absent').count()).toBeGreaterThan(5);
    expect(await page.locator('#backtest').textContent()).toContain('No test row has a forecast.');
    expect(errors).toEqual([]);
    await page.close();
  });

  test.each([360, 900, 1600])('needs no scrolling sideways at %d pixels', async (width) => {
    const { page } = await open(makeReportData(), { width });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    await page.close();
  });

  test('charts follow the window', async () => {
    const { page } = await open(makeReportData(), { width: 1600 });
    const plot = page.locator('#backtest .uplot').first();
    const wide = (await plot.boundingBox())!.width;
    await page.setViewportSize({ width: 360, height: 800 });
    await expect.poll(async () => (await plot.boundingBox())!.width).toBeLessThan(wide / 2);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    await page.close();
  });

  test('page and charts follow the colour scheme of the reader', async () => {
    const { page } = await open(makeReportData());
    const read = async () => ({
      ground: await page.evaluate('getComputedStyle(document.body).backgroundColor'),
      chart: await page.evaluate(`document.querySelector('.plot canvas').toDataURL()`),
    });
    const light = await read();
    await page.emulateMedia({ colorScheme: 'dark' });
    await expect.poll(async () => (await read()).chart).not.toBe(light.chart);
    expect((await read()).ground).not.toBe(light.ground);
    await page.emulateMedia({ colorScheme: 'light' });
    await expect.poll(read).toEqual(light);
    await page.close();
  });
});
