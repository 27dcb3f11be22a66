/** An answer of the server as a page holds it: what is shown stays while the next is on its way. */

import { useCallback, useEffect, useState } from 'preact/hooks';
import { reloadCount } from './service.js';

export interface Resource<T> {
  readonly value: T | undefined;
  readonly error: unknown;
  readonly isLoading: boolean;
  readonly reload: () => void;
}

interface Held<T> {
  readonly key: string;
  readonly value?: T;
  readonly error?: unknown;
  readonly isLoading: boolean;
}

/** Asks when `key` changes, when the connection is back, and on `reload`. A value never outlives its key. */
export function useResource<T>(key: string, load: () => Promise<T>): Resource<T> {
  const [held, setHeld] = useState<Held<T>>({ key, isLoading: true });
  const [reloads, setReloads] = useState(0);
  const moment = reloadCount.value;
  // `key` names what `load` asks for; the counts ask again.
  useEffect(() => {
    let isOver = false;
    setHeld((before) => (before.key === key ? { ...before, isLoading: true } : { key, isLoading: true }));
    load().then(
      (value) => {
        if (!isOver) setHeld({ key, value, isLoading: false });
      },
      (error) => {
        if (!isOver) setHeld((before) => ({ key, value: before.value, error, isLoading: false }));
      },
    );
    return () => {
      isOver = true;
    };
  }, [key, reloads, moment]);
  const reload = useCallback(() => setReloads((count) => count + 1), []);
  const isCurrent = held.key === key;
  return {
    value: isCurrent ? held.value : undefined,
    error: isCurrent ? held.error : undefined,
    isLoading: !isCurrent || held.isLoading,
    reload,
  };
}
