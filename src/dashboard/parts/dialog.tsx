/**
 * A dialog in front of the page. The browser keeps the focus inside, closes it on Escape and gives the focus back to where
 * it was; where that is gone, it goes to the heading of the page.
 */

import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
  /** Buttons, the safe one first. */
  readonly actions?: ComponentChildren;
  /** Whether Escape must not close it. */
  readonly isModalOnly?: boolean;
}

export function Dialog({ title, onClose, children, actions, isModalOnly = false }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const opener = document.activeElement;
    const dialog = element.current!;
    dialog.showModal();
    return () => {
      dialog.close();
      if (opener instanceof HTMLElement && opener.isConnected && opener !== document.body) opener.focus();
      else document.querySelector<HTMLElement>('main h1')?.focus();
    };
  }, []);
  return (
    <dialog
      ref={element}
      class="dialog"
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        if (!isModalOnly) onClose();
      }}
    >
      <h2 id={titleId}>{title}</h2>
      {children}
      {actions !== undefined && <div class="actions">{actions}</div>}
    </dialog>
  );
}
