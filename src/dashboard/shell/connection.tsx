/** Whether what is shown is current: a mark in the header, and a line across the page while it is not. */

import { formatAge, formatTime } from '../../text/times.js';
import { isTokenMissing } from '../api.js';
import { nowMs } from '../state/clock.js';
import { connection, currentAtMs, retryNow } from '../state/service.js';

const WORDS = { connecting: 'Connecting', live: 'Live', reconnecting: 'Reconnecting' } as const;

export function ConnectionMark() {
  const state = connection.value;
  return (
    <span class={`connection ${state}`} role="status">
      <span class="dot" aria-hidden="true" />
      <span class="connection-word">{WORDS[state]}</span>
    </span>
  );
}

export function ConnectionBanner() {
  if (connection.value !== 'reconnecting' || isTokenMissing.value) return null;
  const since = currentAtMs.value;
  return (
    <div class="stale-banner">
      <p>
        <strong>The server does not answer; trying again.</strong>{' '}
        {since !== undefined && (
          <>
            What you see is from {formatTime(since)} ({formatAge(since, nowMs.value)}).
          </>
        )}
      </p>
      <button type="button" class="button small" onClick={retryNow}>
        Try now
      </button>
    </div>
  );
}
