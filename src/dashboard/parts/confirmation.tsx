/** Asks before something is done, does it, and says when it could not be done. */

import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { makeSentence } from '../../text/sentences.js';
import { describeError } from '../api.js';
import { Dialog } from './dialog.js';

interface ConfirmationProps {
  readonly title: string;
  /** The verb of the button: what will be done. */
  readonly verb: string;
  readonly children: ComponentChildren;
  /** Does it; the dialog closes when it is done. */
  readonly act: () => Promise<void>;
  readonly onClose: () => void;
  /** Words for a failure that has a meaning here; `undefined` for all others. */
  readonly explain?: (error: unknown) => { readonly message: string; readonly hint: string } | undefined;
}

export function Confirmation({ title, verb, children, act, onClose, explain }: ConfirmationProps) {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const failure = error === undefined ? undefined : (explain?.(error) ?? describeError(error));
  const isFinal = error !== undefined && explain?.(error) !== undefined;
  const confirm = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await act();
      onClose();
    } catch (thrown) {
      setError(thrown);
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={title}
      onClose={onClose}
      actions={
        <>
          <button type="button" class="button" onClick={onClose}>
            {isFinal ? 'Close' : 'Keep as it is'}
          </button>
          {!isFinal && (
            <button type="button" class="button primary" disabled={isBusy} onClick={confirm}>
              {isBusy ? 'One moment…' : verb}
            </button>
          )}
        </>
      }
    >
      {children}
      {failure !== undefined && (
        <div class="notice bad" role="alert">
          <p>
            <strong>{makeSentence(failure.message)}</strong>
          </p>
          {failure.hint !== null && <p>{makeSentence(failure.hint)}</p>}
        </div>
      )}
    </Dialog>
  );
}
