/**
 * The colours of the dashboard, the report and the page of the API. Lines and bars are those of Okabe and Ito
 * (https://jfly.uni-koeln.de/color/), told apart by all readers; some are darker, where text has their colour.
 */

export type Scheme = 'light' | 'dark';

/** By name, the custom property of a style sheet: of the light scheme, then of the dark one. */
const COLORS = {
  page: ['#f8f7f4', '#131519'],
  card: ['#ffffff', '#1b1e24'],
  raised: ['#ffffff', '#23272f'],
  hover: ['#f4f3ef', '#21252c'],
  edge: ['#e5e2db', '#2d3139'],
  'strong-edge': ['#c9c5bb', '#4a505b'],
  'field-edge': ['#8f8b82', '#737a87'],
  grid: ['#f0efea', '#242830'],
  axis: ['#b9b7b0', '#565c67'],
  text: ['#1e2024', '#e9e7e2'],
  quiet: ['#5a5e66', '#a7acb6'],
  link: ['#005a8e', '#7cc4ee'],
  blue: ['#0072b2', '#56b4e9'],
  orange: ['#d55e00', '#e69f00'],
  green: ['#00785a', '#1fb488'],
  purple: ['#a8457e', '#e39ac3'],
  muted: ['#868b94', '#868d99'],
  'on-accent': ['#ffffff', '#10202b'],
  'orange-text': ['#a84a00', '#f0b23e'],
  label: ['#5a5e66', '#3d434e'],
  'soft-blue': ['#e8f1f7', '#1a2a36'],
  'soft-green': ['#e5f4ef', '#17302a'],
  'soft-orange': ['#fbeee4', '#33281a'],
  'soft-purple': ['#cc79a733', '#d892ba38'],
  shade: ['#1e202426', '#000000aa'],
  shadow: ['#1e202430', '#000000a0'],
} as const satisfies Readonly<Record<string, readonly [light: string, dark: string]>>;

export type Color = keyof typeof COLORS;

const NAMES = Object.keys(COLORS) as Color[];

/** A colour as `#rrggbb`, or `#rrggbbaa` where the ground shows through. */
export function paletteColor(name: Color, scheme: Scheme): string {
  return COLORS[name][scheme === 'light' ? 0 : 1];
}

/** A style sheet with the colours of a scheme in place of every `--palette: light;` and `--palette: dark;`. */
export function applyPalette(css: string): string {
  return css.replaceAll(/--palette: (light|dark);/g, (_declaration, scheme: Scheme) =>
    [`color-scheme: ${scheme};`, ...NAMES.map((name) => `--${name}: ${paletteColor(name, scheme)};`)].join(' '),
  );
}
