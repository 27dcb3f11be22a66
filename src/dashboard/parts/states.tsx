/** What stands where nothing can be shown yet, nothing is there, or something went wrong. */

import type { ComponentChildren } from 'preact';
import { makeSentence } from '../../text/sentences.js';
import { describeError, isTokenMissing } from '../api.js';

/** Grey lines in the place of what comes, as high as that will be. */
export function Skeleton({ rows = 6, label = 'Loading' }: { rows?: number; label?: string }) {
  return (
    <div class="skeleton" role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, index) => (
        <span key={index} class="skeleton-row" />
      ))}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="card absent">
      <p class="absent-title">{title}</p>
      {children}
    </div>
  );
}

export function Failure({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  // The question for the token stands in front of the page.
  if (isTokenMissing.value) return <Skeleton />;
  const { message, hint } = describeError(error);
  return (
    <div class="card failure" role="alert">
      <p class="absent-title">{makeSentence(message)}</p>
      {hint !== null && <p>{makeSentence(hint)}</p>}
      {onRetry !== undefined && (
        <button type="button" class="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}
