import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type Browser, chromium } from 'playwright-core';
import { afterEach, expect, test } from 'vitest';
import { CHROMIUM, needsFiles } from '../support/needs.js';

const DIST = join(import.meta.dirname, '../../dist');

let browser: Browser | undefined;
let end = () => {};

afterEach(async () => {
  await browser?.close();
  end();
});

test(
  'the demo serves three models that forecast every second, and leaves nothing behind',
  needsFiles(
    [CHROMIUM, join(DIST, 'dashboard/index.html'), join(DIST, 'cli/main.js')],
    'Chromium or the built program',
  ),
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tradeai-test-'));
    const child = spawn(process.execPath, [join(DIST, 'cli/main.js'), 'demo', '--port', '0', '--json'], {
      cwd: folder,
      env: { ...process.env, NO_COLOR: '1', TMPDIR: folder, TRADEAI_STATE_FOLDER: folder, TRADEAI_HOME: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, to see whether any process of it is left.
      detached: true,
    });
    end = () => {
      if (isGroupAlive(child.pid!)) process.kill(-child.pid!, 'SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    };
    const notes = text(child.stderr);
    const exit = once(child, 'exit');
    const ready = JSON.parse(await readDocument(child.stdout));
    expect(ready).not.toHaveProperty('error');
    const { url, symbols } = ready;
    expect(symbols).toHaveLength(3);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(readdirSync(folder).filter((name) => name.startsWith('tradeai-demo-'))).toHaveLength(1);

    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await page.goto(url);
    await page.getByText('Simulated', { exact: true }).waitFor();
    await page.locator('tbody tr').nth(2).waitFor();
    const forecasts = () => page.locator('tbody .forecast').allTextContents();
    const before = await forecasts();
    expect(before).toHaveLength(3);
    // Changes of a second are far below a hundredth of a percent, and are not shown as nothing.
    for (const forecast of before) expect(forecast).toMatch(/[+−]0\.0\d*[1-9]/);
    await expect.poll(forecasts).not.toEqual(before);

    child.kill('SIGINT');
    expect(await exit).toEqual([0, null]);
    expect(isGroupAlive(child.pid!)).toBe(false);
    expect(readdirSync(folder).filter((name) => name.startsWith('tradeai-demo-'))).toEqual([]);
    expect((await notes).match(/ of [\d,]+ directions right out of sample/g)).toHaveLength(3);
  },
);

/** The first JSON document of a stream that goes on. */
async function readDocument(stream: Readable): Promise<string> {
  let read = '';
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    read += chunk;
    if (read.endsWith('}\n')) return read;
  }
  throw new Error(`expected a JSON document, was ${JSON.stringify(read)}`);
}

function isGroupAlive(pid: number): boolean {
  try {
    process.kill(-pid, 0);
    return true;
  } catch {
    return false;
  }
}
