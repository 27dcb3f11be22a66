/**
 * A page whose server has become another program: code and answers may not fit any more, and files that were not loaded yet
 * are gone. It is loaded again by itself, but never in a circle: for the same cause once in a while, and not under a dialog.
 */

import { signal } from '@preact/signals';

const KEY = 'tradeai-reloads';
/** For the same cause the page is not loaded again by itself sooner than this. */
const REST_MS = 600_000;

/** Whether the page is of another program than the server, and was not loaded again yet. */
export const isOutdated = signal(false);

/** The version of the program that this page was built with; see `vite.config.ts`. */
declare const BUILT_VERSION: string;

/** Takes the version that the server says it has, as often as it is asked. */
export function noteServerVersion(version: string): void {
  if (version === BUILT_VERSION) isOutdated.value = false;
  else reloadBecause(`version ${version}`);
}

/** A file of this page is not on the server any more. */
export function noteMissingFile(): void {
  const entry = document.querySelector<HTMLScriptElement>('script[type=module]')?.src;
  reloadBecause(`files of ${entry}`);
}

export function reloadPage(): void {
  location.reload();
}

/** Loads the page again, or leaves it to the reader. */
function reloadBecause(cause: string): void {
  isOutdated.value = true;
  if (document.querySelector('dialog[open]') === null && remember(cause, Date.now())) reloadPage();
}

/** @returns whether it may be done: not where nothing can be remembered */
function remember(cause: string, nowMs: number): boolean {
  try {
    const causes: Record<string, number> = JSON.parse(sessionStorage.getItem(KEY) ?? '{}');
    if (nowMs - (causes[cause] ?? 0) < REST_MS) return false;
    sessionStorage.setItem(KEY, JSON.stringify({ ...causes, [cause]: nowMs }));
    return true;
  } catch {
    return false;
  }
}
