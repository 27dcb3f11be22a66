import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { askForName, askWhether } from './questions.js';

const NAMES = ['BTCUSDT', 'ETHUSDT'];

/** Asks, and presses these keys one after the other. */
async function answer<Answer>(
  ask: (where: { input: PassThrough; output: PassThrough }) => Promise<Answer>,
  keys: readonly string[],
): Promise<Answer> {
  const [input, output] = [new PassThrough(), new PassThrough()];
  output.resume();
  const asked = ask({ input, output });
  // The question is there once something of it has been written.
  await new Promise((resolve) => output.once('data', resolve));
  for (const key of keys) input.write(key);
  return asked;
}

const ask = (...keys: string[]) => answer((where) => askForName('Which symbol?', NAMES, where), keys);

test('finds a name by a part of it, however it is written', async () => {
  expect(await ask('e', 't', 'h', '\r')).toBe('ETHUSDT');
  expect(await ask('\r')).toBe('BTCUSDT');
});

test('gives back what is none of the names, for whoever knows what to say of it', async () => {
  expect(await ask('s', 'o', 'l', 'u', 's', 'd', 't', '\r')).toBe('solusdt');
});

test.each([
  ['Ctrl-C', '\x03'],
  ['Ctrl-D', '\x04'],
])('%s leaves a question unanswered', async (_, key) => {
  await expect(ask(key)).rejects.toMatchObject({ code: 'INTERRUPTED' });
  await expect(ask('e', key)).rejects.toMatchObject({ code: 'INTERRUPTED' });
  await expect(answer((where) => askWhether('Remove it?', where), [key])).rejects.toMatchObject({
    code: 'INTERRUPTED',
  });
});

test('takes Enter for no where something would be lost', async () => {
  const decide = (key: string) => answer((where) => askWhether('Remove it?', where), [key]);
  expect([await decide('\r'), await decide('y'), await decide('n')]).toEqual([false, true, false]);
});
