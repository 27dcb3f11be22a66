import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PROGRAM, QUICK, runTradeAi, simulateSeries, toCsv, writeCsv } from '../support/built-program.js';
import { needsPosix } from '../support/needs.js';
import { runHere } from '../support/program-here.js';

const CANARIES = {
  TRADEAI_TOKEN: 'canary-token-0f1e2d3c4b5a',
  HOOK_KEY: 'canary-hook-key-99aa88bb',
  EXCHANGE: 'canary-exchange-password-77',
  HOOK_PATH: 'canary-path-of-a-hook-55',
  OTHER: 'canary-somebody-elses-key-33',
};
const { TRADEAI_TOKEN: TOKEN } = CANARIES;
/** Nobody listens there; an address of an exchange with its user and password, as proxies of firms have them. */
const ENVIRONMENT = {
  TRADEAI_TOKEN: TOKEN,
  HOOK_KEY: CANARIES.HOOK_KEY,
  AWS_SECRET_ACCESS_KEY: CANARIES.OTHER,
  TRADEAI_BINANCE_URL: `http://somebody:${CANARIES.EXCHANGE}@127.0.0.1:9`,
  TRADEAI_BINANCE_ARCHIVE_URL: `http://somebody:${CANARIES.EXCHANGE}@127.0.0.1:9`,
};
const SPELLINGS = Object.values(CANARIES).flatMap((secret) => [
  secret,
  // However it is turned: its beginning tells enough.
  secret.slice(0, 16),
  Buffer.from(secret).toString('base64').slice(0, 16),
  Buffer.from(secret).toString('hex').slice(0, 32),
]);

let home: string;
let sink: Server;
let sinkUrl: string;

const findSecrets = (text: string) => SPELLINGS.filter((spelling) => text.includes(spelling));

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'tradeai-secrets-'));
  sink = createServer((_request, response) => {
    response.statusCode = 500;
    response.end('the hook is broken');
  });
  await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
  sinkUrl = `http://127.0.0.1:${(sink.address() as AddressInfo).port}/${CANARIES.HOOK_PATH}`;
  const file = writeCsv(home, toCsv(simulateSeries(2_000)));
  await runHere(['data', 'import', file, '--home', home]);
  const trained = await runHere(['train', '--symbol', 'TESTUSDT', '--home', home, '--allow-stale', ...QUICK]);
  expect(trained.stderr, trained.stderr).not.toContain('error');
  const serve = { webhooks: [{ url: sinkUrl, secretEnv: 'HOOK_KEY', allowPrivate: true }] };
  writeFileSync(join(home, 'tradeai.config.json'), JSON.stringify({ serve }));
});
afterAll(async () => {
  sink.closeAllConnections();
  sink.close();
  rmSync(home, { recursive: true, force: true });
});

test.each([
  [['config', 'show']],
  [['config', 'show', '--json']],
  [['models', 'list', '--json']],
  [['models', 'show', 'TESTUSDT', '--json']],
  [['models', 'show', 'NOTHING', '--json']],
  [['predict', '--symbol', 'TESTUSDT', '--json', '--offline']],
  [['doctor', '--json', '--offline']],
  [['data', 'list', '--json']],
  [['train', '--symbol', 'BTCUSDT', '--json']],
  [['data', 'fetch', '--symbol', 'BTCUSDT', '--json']],
  [['data', 'fetch', '--symbol', 'BTCUSDT', '--from', '2024-01-01', '--to', '2024-03-01']],
  [['serve', '--host', '0.0.0.0.0']],
  [['serve', '--port', 'x', '--json']],
])('%j says no secret, whether it works or fails', async (args) => {
  const { stdout, stderr } = await runHere([...args, '--home', home], { environment: ENVIRONMENT });
  expect(stdout + stderr).not.toBe('');
  expect(findSecrets(stdout + stderr), stdout + stderr).toEqual([]);
});

test('a server at its most talkative says no secret in its log, its answers, its figures or its files', async () => {
  const { child, url, output } = await startServer(ENVIRONMENT);
  const said: string[] = [];
  try {
    const headers = {
      authorization: `Bearer ${TOKEN}`,
      'content-type': 'application/json',
      cookie: `k=${CANARIES.OTHER}`,
    };
    const ask = async (path: string, init: RequestInit = {}) => {
      const answer = await fetch(url + path, { headers, ...init });
      said.push(`${JSON.stringify([...answer.headers])} ${await answer.text()}`);
      return answer.status;
    };
    for (const path of [
      '/v1/status',
      '/v1/models',
      '/v1/predictions/TESTUSDT',
      '/v1/predictions/NOTHING',
      '/metrics',
      '/openapi.json',
      '/docs',
      '/v1/jobs',
      '/v1/nothing',
    ]) {
      await ask(path);
    }
    expect(await ask('/v1/status', { headers: { authorization: `Bearer ${CANARIES.OTHER}` } })).toBe(401);
    expect(await ask('/v1/retrain', { method: 'POST', body: `{"key":"${CANARIES.OTHER}"` })).toBe(400);
    await fetch(`${url}/v1/status?token=${TOKEN}`, { headers });
    await fetch(`${url}/v1/models/${CANARIES.OTHER}`, { headers });
    expect(await ask('/v1/models/TESTUSDT/promote', { method: 'POST', body: '{"version":1}' })).toBe(200);
    expect(await ask('/v1/retrain', { method: 'POST', body: '{"names":["TESTUSDT"]}' })).toBe(202);
    const children = await childrenOf(child);
    if (process.platform === 'linux') {
      expect(children.length).toBeGreaterThan(0);
      // The token and the keys of webhooks are the server's; somebody else's variables are left alone.
      for (const { environment, argv } of children) {
        expect(environment).toContain('PATH=');
        expect(environment).not.toContain(TOKEN);
        expect(environment).not.toContain(CANARIES.HOOK_KEY);
        expect(findSecrets(argv)).toEqual([]);
      }
      expect(findSecrets(readFileSync(`/proc/${child.pid}/cmdline`, 'utf8'))).toEqual([]);
    }
    await wait(500);
    await ask('/v1/jobs');
    await ask('/metrics');
  } finally {
    child.kill('SIGTERM');
    await once(child, 'close');
  }
  const all = `${output()}\n${said.join('\n')}`;
  expect(all).toMatch(/webhook not delivered|"request"|serving/);
  expect(findSecrets(all), all).toEqual([]);
  const files = readdirSync(home, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path !== 'tradeai.config.json' && statSync(join(home, path)).isFile(),
  );
  expect(files.filter((path) => findSecrets(readFileSync(join(home, path), 'latin1')).length > 0)).toEqual([]);
});

test('a token file that others can read stops the start; one of its owner opens the API', needsPosix, async () => {
  const path = join(home, 'token');
  writeFileSync(path, `${TOKEN}\n`);
  const { TRADEAI_TOKEN: _token, ...environment } = ENVIRONMENT;
  for (const mode of [0o644, 0o640, 0o604, 0o660]) {
    chmodSync(path, mode);
    const { status, stderr } = await runTradeAi(['serve', '--port', '0', '--home', home], {
      environment: { ...environment, TRADEAI_TOKEN_FILE: path },
    });
    expect(status).toBe(2);
    expect(stderr).toContain('chmod 600');
    expect(findSecrets(stderr)).toEqual([]);
  }
  chmodSync(path, 0o600);
  const { child, url } = await startServer({ ...environment, TRADEAI_TOKEN_FILE: path });
  try {
    expect((await fetch(`${url}/v1/status`)).status).toBe(401);
    expect((await fetch(`${url}/v1/status`, { headers: { authorization: `Bearer ${TOKEN}` } })).status).toBe(200);
  } finally {
    child.kill('SIGTERM');
    await once(child, 'close');
  }
});

test.each([
  ['an error that nobody caught', 'throw failure'],
  ['a promise that nobody waited for', 'Promise.reject(failure)'],
])('a server that is ended by %s says no secret', needsPosix, async (_what, crash) => {
  const path = join(home, 'tradeai.config.json');
  const former = readFileSync(path, 'utf8');
  rmSync(path);
  // The config is the one place where a test can put code into the program.
  writeFileSync(
    join(home, 'tradeai.config.mjs'),
    `const secret = process.env.TRADEAI_TOKEN;
     const failure = Object.assign(new Error('refused: ' + secret), { headers: { authorization: 'Bearer ' + secret } });
     process.once('SIGUSR2', () => { ${crash}; });
     export default {};`,
  );
  try {
    const { child, output } = await startServer(ENVIRONMENT);
    child.kill('SIGUSR2');
    const [status] = await once(child, 'close');
    expect(status).toBe(1);
    expect(output()).toContain('the program failed');
    expect(findSecrets(output()), output()).toEqual([]);
  } finally {
    rmSync(join(home, 'tradeai.config.mjs'));
    writeFileSync(path, former);
  }
});

test('no verb takes a secret as a flag', async () => {
  for (const verb of [['serve'], ['train'], ['predict'], ['data', 'fetch'], ['demo'], ['models', 'import']]) {
    const { stdout } = await runHere([...verb, '--help']);
    expect(stdout).toContain('Usage');
    expect(stdout).not.toMatch(/--[a-z-]*(token|secret|password|api-key|passphrase|credential)/i);
  }
});

async function startServer(environment: Record<string, string>) {
  const args = ['serve', '--port', '0', '--json', '--log-level', 'trace', '--home', home];
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    env: { ...process.env, NO_COLOR: '1', TRADEAI_HOME: '', TRADEAI_STATE_FOLDER: join(home, 'state'), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
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
  return { child, url, output: () => output };
}

/** What every user of the machine sees of the processes that a process has started, and what their own user sees. */
async function childrenOf({ pid }: ChildProcess): Promise<{ environment: string; argv: string }[]> {
  const list = `/proc/${pid}/task/${pid}/children`;
  for (let attempt = 0; attempt < 200 && existsSync(list); attempt++) {
    const ids = readFileSync(list, 'utf8').split(' ').filter(Boolean);
    try {
      const children = ids.map((id) => ({
        environment: readFileSync(`/proc/${id}/environ`, 'utf8'),
        argv: readFileSync(`/proc/${id}/cmdline`, 'utf8'),
      }));
      if (children.some(({ argv }) => argv.includes('training-worker'))) return children;
    } catch {
      // It has ended meanwhile.
    }
    await wait(5);
  }
  return [];
}
