/** Dark or light: the system's, until the reader chooses. `public/theme.js` sets the first one before the first paint. */

import { signal } from '@preact/signals';
import type { Color } from '../../text/palette.js';

const KEY = 'tradeai-theme';
const darkSystem = matchMedia('(prefers-color-scheme: dark)');

export const isDark = signal(document.documentElement.dataset['theme'] === 'dark');

darkSystem.addEventListener('change', () => {
  if (readChoice() === null) show(darkSystem.matches);
});

/** Dark where it was light, and light where it was dark; what is the system's own choice is not stored. */
export function toggleTheme(): void {
  const wantsDark = !isDark.value;
  show(wantsDark);
  try {
    if (wantsDark === darkSystem.matches) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, wantsDark ? 'dark' : 'light');
  } catch {
    // Storage is off: the choice lasts as long as the page.
  }
}

/** A colour of the scheme that is shown, for drawing on canvas. */
export function colorOf(name: Color): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function show(wantsDark: boolean): void {
  document.documentElement.dataset['theme'] = wantsDark ? 'dark' : 'light';
  isDark.value = wantsDark;
}

function readChoice(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
