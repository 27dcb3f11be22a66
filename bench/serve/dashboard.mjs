/*
 * The dashboard in Chromium: time to its first paint with 50 symbols, frames a second while 10,000 candles are panned,
 * and the size of its bundle. Needs `npm run build` and a Chromium.
 *
 *     node bench/serve/dashboard.mjs [--runs 5] [--gpu]
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { createJiti } from 'jiti';
import { chromium } from 'playwright-core';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '5' }, gpu: { type: 'boolean', default: false } },
});
const CHROMIUM = process.env['TRADEAI_CHROMIUM'] ?? '/usr/bin/chromium';
const PAN_MS = 4_000;
const STEP_PX = 14;
const folder = join(import.meta.dirname, '../../dist/dashboard');

const jiti = createJiti(import.meta.url);
const { openMemoryService } = await jiti.import('../../test/support/memory-service.ts');
const { runServer } = await jiti.import('../../src/server/run-server.ts');

const service = await openMemoryService({ symbolCount: 50, rowCount: 10_000 });
const server = await runServer({ service, options: { port: 0, dashboardFolder: folder } });
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ['--no-sandbox', ...(values.gpu ? [] : ['--disable-gpu'])],
});
const paints = [];
for (let run = 0; run < Number(values.runs); run += 1) paints.push(await measurePaint());
const result = { bundle: measureBundle(), paints: summarise(paints), pan: await measurePan() };
await browser.close();
await server.close();
console.log(JSON.stringify(result, null, 2));

/** A fresh profile each time: nothing is cached. */
async function measurePaint() {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(() => {
    // The frame after the one in which all rows stand is the first that shows them.
    const watch = () => {
      if (document.querySelectorAll('tbody tr').length < 50) return requestAnimationFrame(watch);
      requestAnimationFrame(() => setTimeout(() => performance.mark('rows')));
    };
    requestAnimationFrame(watch);
  });
  await page.goto(server.url);
  await until(page, () => performance.getEntriesByName('rows').length > 0);
  const paint = await page.evaluate(() => ({
    firstPaintMs: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null,
    rowsMs: performance.getEntriesByName('rows')[0].startTime,
  }));
  await context.close();
  return paint;
}

/** Drags the chart back until all candles are loaded, then drags to and fro and counts frames. */
async function measurePan() {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(`${server.url}/#/symbol/BTCUSDT`);
  const chart = page.locator('.price-chart');
  await until(page, () => /candles of BTC/.test(document.querySelector('.price-chart')?.ariaLabel ?? ''));
  const farther = page.getByRole('button', { name: 'Farther' });
  for (let step = 0; step < 12; step += 1) {
    await farther.click();
    await page.waitForTimeout(150);
  }
  await until(page, () => Number.parseInt(document.querySelector('.price-chart').ariaLabel, 10) >= 10_000);
  const views = {};
  for (const [name, clicks] of [
    ['all 10,000 in view', 0],
    ['about 1,300 in view', 5],
    ['about 110 in view', 11],
  ]) {
    if (clicks === 11) await page.getByRole('button', { name: 'Newest candles' }).click();
    else for (let i = 0; i < clicks; i += 1) await page.getByRole('button', { name: 'Nearer' }).click();
    views[name] = await pan(page, chart);
  }
  await page.close();
  return views;
}

async function pan(page, chart) {
  const box = await chart.boundingBox();
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + 100, y);
  await page.mouse.down();
  await page.evaluate(() => {
    window.frames_ = [];
    const tick = (time) => {
      window.frames_.push(time);
      window.frameId_ = requestAnimationFrame(tick);
    };
    window.frameId_ = requestAnimationFrame(tick);
  });
  const end = Date.now() + PAN_MS;
  let x = box.x + 100;
  let direction = 1;
  while (Date.now() < end) {
    x += direction * STEP_PX;
    if (x > box.x + box.width - 150 || x < box.x + 60) direction = -direction;
    await page.mouse.move(x, y);
  }
  await page.mouse.up();
  const times = await page.evaluate(() => {
    cancelAnimationFrame(window.frameId_);
    return window.frames_;
  });
  const gaps = times.slice(1).map((time, i) => time - times[i]);
  gaps.sort((a, b) => a - b);
  return {
    framesPerSecond: round((1000 * gaps.length) / (times[times.length - 1] - times[0])),
    p95FrameMs: round(gaps[Math.floor(0.95 * gaps.length)]),
    longestFrameMs: round(gaps[gaps.length - 1]),
  };
}

/** `page.waitForFunction` needs `eval` in the page, which its policy forbids. */
async function until(page, isDone) {
  const end = Date.now() + 20_000;
  while (!(await page.evaluate(isDone))) {
    if (Date.now() > end) throw new Error(`never came true: ${isDone}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function measureBundle() {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const sizes = files.map((file) => [file.name, gzipSync(readFileSync(join(file.parentPath, file.name))).length]);
  return { gzippedBytes: sizes.reduce((sum, [, size]) => sum + size, 0), files: Object.fromEntries(sizes) };
}

function summarise(all) {
  return Object.fromEntries(
    Object.keys(all[0]).map((key) => {
      const sorted = all.map((one) => one[key]).sort((a, b) => a - b);
      return [key, { median: round(sorted[sorted.length >> 1]), longest: round(sorted[sorted.length - 1]) }];
    }),
  );
}

function round(value) {
  return Math.round(10 * value) / 10;
}
