/** Whether what is shown is current: a mark in the header, and a line across the page while it is not. */

import type { ComponentChildren } from 'preact';
import { formatCount } from '../../text/numbers.js';
import { listed } from '../../text/sentences.js';
import { formatAge, formatTime } from '../../text/times.js';
import { isTokenMissing } from '../api.js';
import { filter } from '../pages/overview/choice.js';
import { hrefOf } from '../router.js';
import { nowMs } from '../state/clock.js';
import { connection, currentAtMs, models, retryNow } from '../state/service.js';
import { isOutdated, reloadPage } from '../state/upgrade.js';
import { findStale } from '../view/aged-models.js';
import { NO_FILTER } from '../view/overview-rows.js';

interface Mark {
  readonly state: 'connecting' | 'live' | 'stale' | 'reconnecting';
  readonly text: string;
  /** What the text leaves out. */
  readonly title?: string;
}

export function ConnectionMark() {
  const { state, text, title } = findMark();
  return (
    <span class={`connection ${state}`} role="status">
      <span class="dot" aria-hidden="true" />
      {title === undefined ? (
        text
      ) : (
        <a href={hrefOf('overview')} title={title} onClick={showTroubled}>
          {text}
        </a>
      )}
    </span>
  );
}

/** Live only where everything that is shown is of now. */
function findMark(): Mark {
  const all = models.value;
  if (connection.value === 'reconnecting') return { state: 'reconnecting', text: 'Offline' };
  if (connection.value === 'connecting' || all === undefined) return { state: 'connecting', text: 'Connecting' };
  const stale = findStale(all).map(({ name }) => name);
  if (stale.length === 0) return { state: 'live', text: 'Live' };
  const text = all.length === 1 ? 'Stale' : `${formatCount(stale.length)} stale`;
  return { state: 'stale', text, title: `Without a fresh forecast: ${listed(stale)}` };
}

function showTroubled(): void {
  filter.value = { ...NO_FILTER, state: 'attention' };
}

export function ConnectionBanner() {
  if (isTokenMissing.value) return null;
  if (isOutdated.value) {
    return (
      <Banner action="Load again" onAction={reloadPage}>
        <strong>The server has been upgraded since this page was loaded.</strong>
      </Banner>
    );
  }
  if (connection.value !== 'reconnecting') return null;
  const since = currentAtMs.value;
  return (
    <Banner action="Try now" onAction={retryNow}>
      <strong>The server does not answer; trying again.</strong>{' '}
      {since !== undefined && (
        <>
          What you see is from {formatTime(since)} ({formatAge(since, nowMs.value)}).
        </>
      )}
    </Banner>
  );
}

interface BannerProps {
  readonly action: string;
  readonly onAction: () => void;
  readonly children: ComponentChildren;
}

function Banner({ action, onAction, children }: BannerProps) {
  return (
    <div class="stale-banner">
      <p>{children}</p>
      <button type="button" class="button small" onClick={onAction}>
        {action}
      </button>
    </div>
  );
}
