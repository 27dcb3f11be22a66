/** Pages by the hash of the address: every page is the same file to the server. */

import { signal } from '@preact/signals';

export const PAGES = ['overview', 'models', 'training', 'data', 'ledger'] as const;
export type PageName = (typeof PAGES)[number] | 'symbol' | 'unknown';

export interface Route {
  readonly page: PageName;
  /** The model's name, where the page is about one. */
  readonly name: string | undefined;
  readonly query: URLSearchParams;
}

export const route = signal<Route>(parseRoute(typeof location === 'undefined' ? '' : location.hash));

/** Reads `#/symbol/BTCUSDT?x=1`. What is no page of ours is `unknown`. */
export function parseRoute(hash: string): Route {
  const [path, search = ''] = hash.replace(/^#/, '').split('?', 2);
  const query = new URLSearchParams(search);
  const parts = path.split('/').filter((part) => part !== '');
  const [page = 'overview', encoded] = parts;
  const name = decodeName(encoded);
  if (parts.length > 2 || (encoded !== undefined && name === undefined))
    return { page: 'unknown', name: undefined, query };
  if (page === 'symbol' && name !== undefined) return { page, name, query };
  if (page === 'models') return { page, name, query };
  if (parts.length < 2 && PAGES.includes(page as never)) return { page: page as PageName, name: undefined, query };
  return { page: 'unknown', name: undefined, query };
}

/** What a page is called, on its own and in the title of the window. */
export function titleOf({ page, name }: Pick<Route, 'page' | 'name'>): string {
  if (page === 'unknown') return 'Not found';
  if (page === 'symbol') return name!;
  const title = page === 'data' ? 'Data health' : page.charAt(0).toUpperCase() + page.slice(1);
  return name === undefined ? title : `${title} · ${name}`;
}

/** The address of a page; parameters without a value are left out. */
export function hrefOf(page: PageName, name?: string, parameters: Record<string, string | undefined> = {}): string {
  const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const search = new URLSearchParams(given).toString();
  const path = page === 'overview' ? '' : page + (name === undefined ? '' : `/${encodeURIComponent(name)}`);
  return `#/${path}${search === '' ? '' : `?${search}`}`;
}

export function navigate(href: string, { replace = false } = {}): void {
  if (replace) {
    history.replaceState(null, '', href);
    route.value = parseRoute(href);
  } else {
    location.hash = href;
  }
}

/** Follows the address from now on. */
export function startRouter(): void {
  addEventListener('hashchange', () => {
    route.value = parseRoute(location.hash);
  });
}

function decodeName(encoded: string | undefined): string | undefined {
  try {
    return encoded === undefined ? undefined : decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}
