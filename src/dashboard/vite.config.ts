import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig, type Plugin } from 'vite';
import { applyPalette } from '../text/palette.js';

const ROOT = import.meta.dirname;
const { version } = JSON.parse(readFileSync(join(ROOT, '../../package.json'), 'utf8'));

/** Gives the style sheets their colours. */
const palette: Plugin = {
  name: 'tradeai-palette',
  enforce: 'pre',
  transform: (code, id) => (id.endsWith('.css') ? applyPalette(code) : undefined),
};

/** Everything is a file of its own: the policy of the server (`default-src 'self'`) has no room for `data:` or inline code. */
export default defineConfig({
  root: ROOT,
  base: './',
  logLevel: 'warn',
  plugins: [palette],
  define: { BUILT_VERSION: JSON.stringify(version) },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: join(ROOT, '../../dist/dashboard'),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
