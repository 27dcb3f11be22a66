import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const css = readFileSync(new URL('./page/report.css', import.meta.url), 'utf8');

/** The colours of the first block that begins with the text. */
function readColours(blockStart: string): Map<string, string> {
  const start = css.indexOf(blockStart);
  const block = css.slice(start, css.indexOf('}', start));
  return new Map(Array.from(block.matchAll(/--([a-z-]+): (#[0-9a-f]{6});/g), ([, name, value]) => [name, value]));
}

/** Contrast ratio as https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio defines it. */
function contrastOf(a: string, b: string): number {
  const luminance = (colour: string) => {
    const [red, green, blue] = [1, 3, 5].map((at) => {
      const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

const SCHEMES = [
  ['light', readColours(':root {')],
  ['dark', readColours(':root:not(.paper) {')],
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
  const faint = ['blue', 'orange', 'green', 'purple', 'plain', 'muted'].filter(
    (line) => !(contrastOf(colours.get(line)!, colours.get('card')!) >= 3),
  );
  expect(faint).toEqual([]);
});
