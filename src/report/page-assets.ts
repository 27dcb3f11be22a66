/**
 * What every page carries: the style, the script that draws the charts, and uPlot (https://github.com/leeoniya/uPlot)
 * out of its package with its licence.
 */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { applyPalette } from '../text/palette.js';

/** Content of an inline element, and its name in a Content-Security-Policy. */
export interface PageAsset {
  readonly content: string;
  /** `'sha256-…'`, with the quotes. */
  readonly source: string;
}

export interface PageAssets {
  readonly style: PageAsset;
  readonly chartLibrary: PageAsset;
  readonly chartScript: PageAsset;
}

/** Reads the assets from beside this file and from the package of uPlot, wherever it is installed. */
export function readPageAssets(): PageAssets {
  const library = dirname(createRequire(import.meta.url).resolve('uplot/package.json'));
  const readLibrary = (path: string) => readFileSync(join(library, path), 'utf8');
  const readOwn = (name: string) => readFileSync(new URL(`../report/page/${name}`, import.meta.url), 'utf8');
  return {
    style: makeAsset(`${readLibrary('dist/uPlot.min.css')}\n${applyPalette(readOwn('report.css'))}`),
    chartLibrary: makeAsset(`/*!\nuPlot\n${readLibrary('LICENSE')}\n*/\n${readLibrary('dist/uPlot.iife.min.js')}`),
    chartScript: makeAsset(readOwn('charts.js')),
  };
}

/** Line ends are those of HTML: a browser turns others into them before it computes the hash. */
function makeAsset(file: string): PageAsset {
  const content = `\n${file.replaceAll(/\r\n?/g, '\n').trim()}\n`;
  return { content, source: `'sha256-${createHash('sha256').update(content).digest('base64')}'` };
}
