/** Answers that events make old, and rows that keep still while somebody points at them. */

import { useEffect, useRef, useState } from 'preact/hooks';
import type { ServerEvent } from '../../wire/wire.js';
import { onEvent } from './service.js';

/**
 * Asks again after an event that is meant, at once and then at most once in `everyMs`.
 *
 * @param isHeld while true nothing is asked; what was missed is asked for when it ends
 */
export function useReloadOn(
  reload: () => void,
  isMeant: (event: ServerEvent) => boolean,
  { everyMs, isHeld = false }: { readonly everyMs: number; readonly isHeld?: boolean },
): void {
  const meant = useRef(isMeant);
  meant.current = isMeant;
  const missed = useRef(false);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const act = useRef(() => {});
  act.current = () => {
    if (isHeld || timer.current !== undefined) {
      missed.current = true;
      return;
    }
    missed.current = false;
    reload();
    timer.current = setTimeout(() => {
      timer.current = undefined;
      if (missed.current) act.current();
    }, everyMs);
  };
  useEffect(() => onEvent((event) => meant.current(event) && act.current()), []);
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    if (!isHeld && missed.current) act.current();
  }, [isHeld]);
}

/** Whether the pointer or the focus is in the element that has `handlers`. */
export function useAttention(): {
  readonly isLooked: boolean;
  readonly handlers: Record<'onPointerEnter' | 'onPointerLeave' | 'onFocusIn' | 'onFocusOut', () => void>;
} {
  const [isPointed, setPointed] = useState(false);
  const [isFocused, setFocused] = useState(false);
  return {
    isLooked: isPointed || isFocused,
    handlers: {
      onPointerEnter: () => setPointed(true),
      onPointerLeave: () => setPointed(false),
      onFocusIn: () => setFocused(true),
      onFocusOut: () => setFocused(false),
    },
  };
}
