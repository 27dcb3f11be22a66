import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { contrastOf, readColours } from '../../test/support/style-colours.js';
import { applyPalette } from '../text/palette.js';

const css = applyPalette(readFileSync(new URL('./page/report.css', import.meta.url), 'utf8'));

const SCHEMES = [
  ['light', readColours(css, ':root {')],
  ['dark', readColours(css, ':root:not(.paper) {')],
] as const;

test('the contrast of black on white is 21', () => {
  expect(contrastOf('#000000', '#ffffff')).toBeCloseTo(21, 10);
});

test.each(SCHEMES)('%s: text has a contrast of 4.5 at least (WCAG AA)', (_name, colours) => {
  const faint: string[] = [];
  for (const text of ['text', 'quiet', 'link']) {
    for (const ground of ['page', 'card', 'soft-blue', 'soft-green', 'soft-orange']) {
      if (!(contrastOf(colours.get(text)!, colours.get(ground)!) >= 4.5)) faint.push(`${text} on ${ground}`);
    }
  }
  expect(faint).toEqual([]);
});

test.each(SCHEMES)('%s: lines and bars have a contrast of 3 at least (WCAG AA)', (_name, colours) => {
  const faint = ['blue', 'orange', 'green', 'purple', 'text', 'muted'].filter(
    (line) => !(contrastOf(colours.get(line)!, colours.get('card')!) >= 3),
  );
  expect(faint).toEqual([]);
});

test('every colour that the page uses is one of the palette', () => {
  const used = new Set(Array.from(css.matchAll(/var\(--([a-z-]+)\)/g), ([, name]) => name));
  expect([...used].filter((name) => !SCHEMES[0][1].has(name))).toEqual([]);
});
