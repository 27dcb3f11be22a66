import { applyPalette } from '../text/palette.js';

/** The style sheet of the server's own pages. */
export const DOCS_STYLE = applyPalette(`:root { --palette: light; }
@media (prefers-color-scheme: dark) {
  :root { --palette: dark; }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 1rem; -webkit-text-size-adjust: 100%; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.55 system-ui, sans-serif; }
.frame { display: grid; grid-template-columns: 15rem minmax(0, 1fr); gap: 2.5rem; max-width: 76rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
nav { position: sticky; top: 1.5rem; align-self: start; max-height: calc(100vh - 3rem); overflow-y: auto; font-size: 0.9rem; }
nav ul { list-style: none; margin: 0 0 1rem; padding: 0; }
nav li { margin: 0.15rem 0; overflow-wrap: anywhere; }
nav a { text-decoration: none; }
nav a:hover { text-decoration: underline; }
nav strong a { color: inherit; }
nav strong { display: block; margin-bottom: 0.2rem; }
nav strong::first-letter { text-transform: uppercase; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 0.5rem; letter-spacing: -0.02em; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 0.25rem; }
h2::first-letter { text-transform: uppercase; }
h3 { display: flex; flex-wrap: wrap; align-items: center; gap: 0.6rem; font-size: 1rem; margin: 0; }
h4 { font-size: 0.85rem; margin: 1rem 0 0.3rem; color: var(--quiet); font-weight: 600; }
p { margin: 0.4rem 0; max-width: 46rem; }
.quiet { color: var(--quiet); }
a { color: var(--link); text-decoration-thickness: 1px; text-underline-offset: 0.2em; }
a:focus-visible, summary:focus-visible, pre:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
code, pre { font-family: ui-monospace, 'SF Mono', 'DejaVu Sans Mono', monospace; font-size: 0.86em; }
pre { margin: 0.3rem 0; padding: 0.7rem 0.9rem; overflow-x: auto; background: var(--page); border: 1px solid var(--edge); border-radius: 6px; line-height: 1.45; }
article { margin: 0.9rem 0; padding: 1rem 1.15rem; background: var(--card); border: 1px solid var(--edge); border-radius: 10px; }
.method { padding: 0.1rem 0.5rem; border-radius: 5px; font-size: 0.75rem; font-weight: 700; letter-spacing: 0.04em; }
.get { color: var(--link); background: var(--soft-blue); }
.post { color: var(--orange-text); background: var(--soft-orange); }
.path { font-size: 0.95rem; overflow-wrap: anywhere; }
.open { margin-left: auto; color: var(--quiet); font-size: 0.8rem; font-weight: 400; }
section, article { min-width: 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
th, td { text-align: left; padding: 0.3rem 0.9rem 0.3rem 0; border-bottom: 1px solid var(--edge); vertical-align: top; }
th { color: var(--quiet); font-weight: 600; }
details { margin-top: 0.6rem; }
summary { cursor: pointer; color: var(--link); font-size: 0.9rem; }
.plain { max-width: 44rem; margin: 4rem auto; padding: 0 1.25rem; }
@media (max-width: 52rem) {
  .frame { grid-template-columns: minmax(0, 1fr); gap: 1rem; padding-top: 1.25rem; }
  nav { position: static; max-height: none; border-bottom: 1px solid var(--edge); }
  nav ul { display: none; }
  nav strong { display: inline-block; margin: 0 0.9rem 0.6rem 0; }
  nav strong a { color: var(--link); }
}
`);
