/** Reads colours out of style sheets and measures them, for the tests of pages. */

/** The colours of the first block that begins with the text, by name; those with transparency have eight digits. */
export function readColours(css: string, blockStart: string): Map<string, string> {
  const start = css.indexOf(blockStart);
  const block = css.slice(start, css.indexOf('}', start));
  return new Map(
    Array.from(block.matchAll(/--([a-z-]+): (#[0-9a-f]{6}(?:[0-9a-f]{2})?);/g), ([, name, value]) => [name, value]),
  );
}

/** Contrast ratio as https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio defines it. */
export function contrastOf(a: string, b: string): number {
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
