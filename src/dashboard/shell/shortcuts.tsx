/** Keys that work anywhere but in a field. A reader whose keyboard or voice control sends stray keys can turn them off (WCAG 2.1.4). */

import { signal } from '@preact/signals';
import { Dialog } from '../parts/dialog.js';
import { hrefOf, navigate, PAGES } from '../router.js';
import { toggleTheme } from '../state/theme.js';

const KEY = 'tradeai-shortcuts';

export const isHelpShown = signal(false);
const areOn = signal(readChoice());

const TEXTS: readonly (readonly [key: string, meaning: string])[] = [
  ...PAGES.map((page, index) => [`${index + 1}`, `Go to ${page === 'data' ? 'data health' : page}`] as const),
  ['/', 'Find a model'],
  ['t', 'Dark or light'],
  ['?', 'This list'],
  ['Esc', 'Close a dialog'],
  ['← →', 'In a chart: older, newer'],
  ['+ −', 'In a chart: nearer, farther'],
];

export function startShortcuts(): void {
  addEventListener('keydown', (event) => {
    if (!areOn.value || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (document.querySelector('dialog[open]') !== null) return;
    if (act(event.key)) event.preventDefault();
  });
}

export function ShortcutHelp() {
  const close = () => {
    isHelpShown.value = false;
  };
  return (
    <Dialog
      title="Keyboard shortcuts"
      onClose={close}
      actions={
        <button type="button" class="button primary" onClick={close}>
          Close
        </button>
      }
    >
      <dl class="keys">
        {TEXTS.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <label class="check">
        <input type="checkbox" checked={areOn.value} onChange={(event) => choose(event.currentTarget.checked)} />
        Single-key shortcuts are on
      </label>
    </Dialog>
  );
}

function act(key: string): boolean {
  const page = PAGES[Number(key) - 1];
  if (page !== undefined) navigate(hrefOf(page));
  else if (key === '?') isHelpShown.value = true;
  else if (key === 't') toggleTheme();
  else if (key === '/') focusSearch();
  else return false;
  return true;
}

function focusSearch(): void {
  const field = () => document.getElementById('find');
  if (field() !== null) {
    field()!.focus();
    return;
  }
  navigate(hrefOf('overview'));
  // The heading takes the focus with the change of page; the field takes it from there.
  setTimeout(() => field()?.focus(), 100);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

function readChoice(): boolean {
  try {
    return localStorage.getItem(KEY) !== 'off';
  } catch {
    return true;
  }
}

function choose(isOn: boolean): void {
  areOn.value = isOn;
  try {
    if (isOn) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, 'off');
  } catch {
    // Storage is off: the choice lasts as long as the page.
  }
}
