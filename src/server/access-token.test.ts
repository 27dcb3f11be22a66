import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { needsPosix } from '../../test/support/needs.js';
import { createTokenCheck, readAccessToken } from './access-token.js';

const TOKEN = '0123456789abcdef0123';
const folder = mkdtempSync(join(tmpdir(), 'tradeai-token-'));
afterAll(() => rmSync(folder, { recursive: true }));

function writeToken(name: string, mode: number, text = `${TOKEN}\n`): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

test('the token comes from a variable, or from a file that only its owner can read', () => {
  expect(readAccessToken({ environment: {} })).toBeUndefined();
  expect(readAccessToken({ environment: { TRADEAI_TOKEN: TOKEN } })).toBe(TOKEN);
  expect(readAccessToken({ environment: { BOT_TOKEN: TOKEN }, tokenEnv: 'BOT_TOKEN' })).toBe(TOKEN);
  expect(readAccessToken({ environment: { TRADEAI_TOKEN_FILE: writeToken('own', 0o600) } })).toBe(TOKEN);
  expect(readAccessToken({ environment: { TRADEAI_TOKEN_FILE: writeToken('read-only', 0o400) } })).toBe(TOKEN);
});

test.each([0o640, 0o604, 0o660, 0o666, 0o620, 0o601])('a token file of mode %o is refused', needsPosix, (mode) => {
  const path = writeToken(`mode-${mode}`, mode);
  expect(() => readAccessToken({ environment: { TRADEAI_TOKEN_FILE: path } })).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', hint: `chmod 600 ${path}` }),
  );
});

test.each([
  ['too short', 'short'],
  ['empty', ''],
  ['with a space', 'a token with some spaces'],
  ['with a line break', `${TOKEN}\nx: y`],
  ['not ASCII', 'päßwörter-sind-schön'],
  ['too long', 'x'.repeat(513)],
])('a token that is %s is refused without being told', (_what, token) => {
  try {
    readAccessToken({ environment: { TRADEAI_TOKEN: token } });
    expect.unreachable();
  } catch (error) {
    expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
    if (token !== '') expect((error as Error).message).not.toContain(token);
  }
});

test('two tokens, and a file that is not there, are refused', () => {
  const path = writeToken('both', 0o600);
  const both = { TRADEAI_TOKEN: TOKEN, TRADEAI_TOKEN_FILE: path };
  expect(() => readAccessToken({ environment: both })).toThrow(/both were set/);
  expect(() => readAccessToken({ environment: { TRADEAI_TOKEN_FILE: join(folder, 'none') } })).toThrow(
    /cannot be read/,
  );
});

test('only the whole token passes, whatever its length', () => {
  const isToken = createTokenCheck(TOKEN);
  expect(isToken(TOKEN)).toBe(true);
  for (const other of ['', TOKEN.slice(1), `${TOKEN}x`, TOKEN.toUpperCase(), 'x'.repeat(100_000)]) {
    expect(isToken(other)).toBe(false);
  }
});
