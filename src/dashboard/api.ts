/** The one connection of the page to its server. The token lives as long as the tab and leaves it only as a header. */

import { signal } from '@preact/signals';
import { ApiError, createClient } from '../client/client.js';

const TOKEN_KEY = 'tradeai-token';

/** Whether the server wants a token that this page does not have. */
export const isTokenMissing = signal(false);

let token: string | undefined = readStored();

export const api = createClient({
  async fetch(input, init) {
    const authorisation: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(input, { ...init, headers: { ...init?.headers, ...authorisation } });
    if (response.status === 401) isTokenMissing.value = true;
    else if (response.ok) isTokenMissing.value = false;
    return response;
  },
});

export function hasToken(): boolean {
  return token !== undefined;
}

export function setToken(value: string | undefined): void {
  token = value;
  try {
    if (value === undefined) sessionStorage.removeItem(TOKEN_KEY);
    else sessionStorage.setItem(TOKEN_KEY, value);
  } catch {
    // Storage is off: the token lasts until the page is loaded again.
  }
}

function readStored(): string | undefined {
  try {
    return sessionStorage.getItem(TOKEN_KEY) ?? undefined;
  } catch {
    return undefined;
  }
}

/** What a failure says to the reader: the sentence and what to do next. */
export function describeError(error: unknown): { readonly message: string; readonly hint: string | null } {
  if (error instanceof ApiError) return { message: error.message, hint: error.hint };
  return { message: error instanceof Error ? error.message : `${error}`, hint: null };
}
