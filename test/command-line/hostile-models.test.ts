import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ModelVersion } from '../../src/ports/registry.js';
import { sealJson } from '../../src/storage/sealed-json.js';
import { encodeVersionArchive } from '../../src/storage/version-archive.js';
import { hostileVersions } from '../security/hostile-versions.js';
import { NAME, openTestWorkspace, type TestWorkspace, trainVersion } from '../security/trained-version.js';
import { PROGRAM, runTradeAi } from '../support/built-program.js';

/** Each is a process of its own; the whole corpus runs inside one process in test/security/hostile-models.test.ts. */
const COUNT = Number(process.env.TRADEAI_HOSTILE_COUNT ?? 5);
const OWNED = '/tmp/tradeai-owned';

let source: TestWorkspace;
let home: string;
let sound: ModelVersion;

beforeAll(async () => {
  source = openTestWorkspace();
  home = mkdtempSync(join(tmpdir(), 'tradeai-hostile-'));
  sound = await trainVersion(source);
});
afterAll(() => {
  source.remove();
  rmSync(home, { recursive: true, force: true });
});

const modelFolder = (workspace: string) => join(workspace, 'models/versions', NAME);

/** Puts a version where a server finds it, with a pointer to it. */
function plant(workspace: string, { manifest, files }: ModelVersion): void {
  const folder = join(modelFolder(workspace), '1');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
  writeFileSync(join(folder, 'manifest.json'), sealJson(manifest));
  const pointer = { version: 1, generation: 1, promotedAtMs: 0, reasons: ['planted'] };
  writeFileSync(join(modelFolder(workspace), 'champion.json'), sealJson(pointer));
}

test('import and predict end with status 5, one line of why, and nothing done', async () => {
  const corpus = hostileVersions(sound).filter(({ isSeenByLoading }) => isSeenByLoading);
  const step = Math.max(1, Math.floor(corpus.length / COUNT));
  for (const { what, version } of corpus.filter((_, index) => index % step === 0)) {
    const path = join(home, 'hostile.zip');
    writeFileSync(path, await encodeVersionArchive(version));
    const imported = await runTradeAi(['models', 'import', path, '--home', home]);
    expect(imported.status, `${what}: ${imported.stderr}`).toBe(5);
    expect(imported.stderr).not.toMatch(/\n\s+at /);
    expect(existsSync(join(home, 'models'))).toBe(false);
    plant(home, version);
    const predicted = await runTradeAi(['predict', '--symbol', NAME, '--offline', '--json', '--home', home]);
    expect(predicted.status, `${what}: ${predicted.stderr}`).toBe(5);
    expect(JSON.parse(predicted.stdout).error.code).toMatch(/^MODEL_/);
    rmSync(join(home, 'models'), { recursive: true });
  }
  expect(existsSync(OWNED)).toBe(false);
});

test('a server with a hostile champion starts, serves no forecast of it, counts it, and says which version it is', async () => {
  const { version } = hostileVersions(sound).find(({ what }) => what.includes('pickle'))!;
  plant(source.home, version);
  const child = spawn(process.execPath, [PROGRAM, 'serve', '--port', '0', '--json', '--home', source.home], {
    env: { ...process.env, NO_COLOR: '1', TRADEAI_STATE_FOLDER: join(home, 'state') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    let output = '';
    const url = await new Promise<string>((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          output += text;
          const found = /"url":\s*"(http:[^"]+)"/.exec(output);
          if (found !== null) resolve(found[1]);
        });
      }
      child.once('close', () => reject(new Error(output)));
    });
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/v1/predictions/${NAME}`)).ok).toBe(false);
    const detail = await (await fetch(`${url}/v1/models/${NAME}`)).text();
    expect(detail).toContain('"isChampion":true');
    let metrics = '';
    for (let attempt = 0; attempt < 100 && !/^tradeai_refused_loads [1-9]/m.test(metrics); attempt++) {
      await wait(50);
      metrics = await (await fetch(`${url}/metrics`)).text();
    }
    expect(metrics).toMatch(/^tradeai_refused_loads [1-9]/m);
    expect(existsSync(OWNED)).toBe(false);
  } finally {
    child.kill('SIGTERM');
    await once(child, 'close');
  }
});
