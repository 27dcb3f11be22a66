/**
 * A page whose code is asked for when it is opened first: the overview paints without waiting for charts. What cannot be
 * loaded is tried again when the connection is back; where the server answers and has no such file, it was upgraded.
 */

import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ApiError } from '../../client/client.js';
import { api } from '../api.js';
import { route, titleOf } from '../router.js';
import { reloadCount } from '../state/service.js';
import { noteMissingFile, reloadPage } from '../state/upgrade.js';
import { Failure, Skeleton } from './states.js';

const GONE = new Error('a part of this page is not on the server any more: loading the page again brings all of it');

export function lazyPage(load: () => Promise<ComponentType>): ComponentType {
  let loaded: ComponentType | undefined;
  return function LazyPage() {
    const [, setDone] = useState(loaded !== undefined);
    const [problem, setProblem] = useState<unknown>();
    const [tries, setTries] = useState(0);
    const moment = reloadCount.value;
    // The counts try again.
    useEffect(() => {
      if (loaded !== undefined) return;
      let isOver = false;
      const settle = async () => {
        try {
          loaded = await load();
          if (!isOver) setDone(true);
        } catch {
          // What the browser says of a module helps nobody.
          const found = await findProblem();
          if (isOver) return;
          setProblem(found);
          if (found === GONE) noteMissingFile();
        }
      };
      void settle();
      return () => {
        isOver = true;
      };
    }, [moment, tries]);
    if (loaded !== undefined) {
      const Page = loaded;
      return <Page />;
    }
    if (problem === undefined) return <Skeleton rows={8} />;
    return (
      <>
        <h1 tabIndex={-1}>{titleOf(route.value)}</h1>
        <Failure error={problem} onRetry={problem === GONE ? reloadPage : () => setTries((count) => count + 1)} />
      </>
    );
  };
}

/** Why a file cannot be loaded: the server is away, or it has no such file. */
async function findProblem(): Promise<unknown> {
  try {
    await api.status();
  } catch (error) {
    if (error instanceof ApiError && error.status === 0) return error;
  }
  return GONE;
}
