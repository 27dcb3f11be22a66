import { expect, test } from 'vitest';
import { sealJson, unsealJson } from './sealed-json.js';

const DOCUMENT = {
  version: 12,
  share: 0.1,
  text: 'größer "und" \\ mehr\n',
  list: [1, null, true],
  inner: { a: -1e-9 },
};

test('what is sealed is read again, without the seal', () => {
  expect(unsealJson(sealJson(DOCUMENT))).toEqual(DOCUMENT);
});

test('a flipped bit is found, or changes nothing that is read', () => {
  const bytes = Buffer.from(sealJson(DOCUMENT));
  let harmless = 0;
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const damaged = Buffer.from(bytes);
    damaged[bit >> 3] ^= 1 << (bit & 7);
    const read = tryUnseal(damaged.toString());
    if (read === undefined) continue;
    expect(read).toEqual(DOCUMENT);
    harmless += 1;
  }
  // white space for white space, 1E-9 for 1e-9
  expect(harmless).toBeLessThan(0.05 * 8 * bytes.length);
});

function tryUnseal(text: string): unknown {
  try {
    return unsealJson(text);
  } catch {
    return undefined;
  }
}

test.each(['', 'null', '[]', '7', '{"version":1}'])('%j is no sealed document', (text) => {
  expect(() => unsealJson(text)).toThrow();
});
