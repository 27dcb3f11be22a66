/** A page whose code is asked for when it is opened first: the overview paints without waiting for charts. */

import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Failure, Skeleton } from './states.js';

export function lazyPage(load: () => Promise<ComponentType>): ComponentType {
  let loaded: ComponentType | undefined;
  return function LazyPage() {
    const [, setDone] = useState(loaded !== undefined);
    const [error, setError] = useState<unknown>();
    useEffect(() => {
      if (loaded !== undefined || error !== undefined) return;
      load().then((component) => {
        loaded = component;
        setDone(true);
      }, setError);
    }, [error]);
    if (loaded !== undefined) {
      const Page = loaded;
      return <Page />;
    }
    return error === undefined ? <Skeleton rows={8} /> : <Failure error={error} onRetry={() => setError(undefined)} />;
  };
}
