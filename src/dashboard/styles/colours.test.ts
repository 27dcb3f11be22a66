import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { contrastOf, readColours } from '../../../test/support/style-colours.js';
import { applyPalette } from '../../text/palette.js';

const css = applyPalette(readFileSync(new URL('./base.css', import.meta.url), 'utf8'));

const SCHEMES = [
  ['light', readColours(css, ':root {')],
  ['dark', readColours(css, ':root[data-theme="dark"] {')],
] as const;

/** Which text stands on which ground in the style sheets. */
const TEXTS = [
  ...['text', 'quiet', 'link'].flatMap((text) => ['page', 'card', 'raised', 'hover'].map((ground) => [text, ground])),
  ...['text', 'quiet'].flatMap((text) => ['soft-blue', 'soft-green', 'soft-orange'].map((ground) => [text, ground])),
  ['link', 'soft-blue'],
  ['orange-text', 'soft-orange'],
  ['orange-text', 'page'],
  ['orange-text', 'raised'],
  ['on-accent', 'blue'],
  ['page', 'text'],
] as const;

/** Lines, marks and the edges of fields, without which something could not be made out. */
const SHAPES = [
  ...['blue', 'orange', 'green', 'purple'].flatMap((line) => ['card', 'page'].map((ground) => [line, ground])),
  ['purple', 'hover'],
  ['blue', 'soft-blue'],
  ['orange', 'soft-orange'],
  ['green', 'soft-green'],
  ['field-edge', 'card'],
  ['field-edge', 'page'],
  ['field-edge', 'raised'],
] as const;

function tooFaint(colours: Map<string, string>, pairs: readonly (readonly string[])[], least: number): string[] {
  return pairs.flatMap(([front, ground]) => {
    const contrast = contrastOf(colours.get(front) ?? '', colours.get(ground) ?? '');
    return contrast >= least ? [] : [`${front} on ${ground}: ${contrast.toFixed(2)}`];
  });
}

test('the contrast of black on white is 21', () => {
  expect(contrastOf('#000000', '#ffffff')).toBeCloseTo(21, 10);
});

test.each(SCHEMES)('%s: text has a contrast of 4.5 at least (WCAG AA)', (_name, colours) => {
  expect(tooFaint(colours, TEXTS, 4.5)).toEqual([]);
});

test.each(SCHEMES)(
  '%s: lines, marks and the edges of fields have a contrast of 3 at least (WCAG AA)',
  (_name, colours) => {
    expect(tooFaint(colours, SHAPES, 3)).toEqual([]);
  },
);

test.each(SCHEMES)('%s: labels of the chart axis are white on a ground dark enough', (_name, colours) => {
  expect(contrastOf('#ffffff', colours.get('label')!)).toBeGreaterThanOrEqual(4.5);
});

test('every property that a style sheet uses is defined', () => {
  const sheets = readdirSync(new URL('.', import.meta.url)).filter((name) => name.endsWith('.css'));
  const all = sheets.map((name) => applyPalette(readFileSync(new URL(name, import.meta.url), 'utf8'))).join('\n');
  const defined = new Set(Array.from(all.matchAll(/--([a-z-]+):/g), ([, name]) => name));
  const used = new Set(Array.from(all.matchAll(/var\(--([a-z-]+)\)/g), ([, name]) => name));
  expect([...used].filter((name) => !defined.has(name))).toEqual([]);
});
