import type { ComponentType } from 'preact';
import { DataIcon, LedgerIcon, ModelsIcon, MoonIcon, OverviewIcon, SunIcon, TrainingIcon } from '../parts/icons.js';
import { hrefOf, PAGES, type PageName, route } from '../router.js';
import { jobs, status } from '../state/service.js';
import { isDark, toggleTheme } from '../state/theme.js';
import { ConnectionMark } from './connection.js';
import { isHelpShown } from './shortcuts.js';

const LABELS: Record<(typeof PAGES)[number], { text: string; Icon: ComponentType }> = {
  overview: { text: 'Overview', Icon: OverviewIcon },
  models: { text: 'Models', Icon: ModelsIcon },
  training: { text: 'Training', Icon: TrainingIcon },
  data: { text: 'Data', Icon: DataIcon },
  ledger: { text: 'Ledger', Icon: LedgerIcon },
};

export function Header() {
  return (
    <header class="header">
      <a class="brand" href="#/">
        <svg class="brand-mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
          <rect width="32" height="32" rx="8" />
          <path class="way" d="M6 21l6-6 4 4 4-4" />
          <path class="cone" d="M20 15l6-8v15z" />
        </svg>
        TradeAI
      </a>
      {status.value?.isDemo === true && (
        <span class="simulated" title="Prices, models and outcomes come from a simulated market.">
          Simulated
        </span>
      )}
      <nav class="nav" aria-label="Pages">
        <Links />
      </nav>
      <div class="header-end">
        <ConnectionMark />
        <button
          type="button"
          class="icon-button"
          aria-label={isDark.value ? 'Use light colours' : 'Use dark colours'}
          title={isDark.value ? 'Light colours (t)' : 'Dark colours (t)'}
          onClick={toggleTheme}
        >
          {isDark.value ? <SunIcon /> : <MoonIcon />}
        </button>
        <button
          type="button"
          class="icon-button help-button"
          aria-label="Keyboard shortcuts"
          title="Keyboard shortcuts (?)"
          onClick={() => (isHelpShown.value = true)}
        >
          <span aria-hidden="true">?</span>
        </button>
      </div>
    </header>
  );
}

/** The same links at the foot of a narrow screen, in reach of a thumb. */
export function TabBar() {
  return (
    <nav class="tab-bar" aria-label="Pages">
      <Links />
    </nav>
  );
}

function Links() {
  const shown: PageName = route.value.page === 'symbol' ? 'overview' : route.value.page;
  const running = jobs.value?.filter(({ state }) => state === 'running').length ?? 0;
  return (
    <>
      {PAGES.map((page) => {
        const { text, Icon } = LABELS[page];
        return (
          <a key={page} href={hrefOf(page)} aria-current={shown === page ? 'page' : undefined}>
            <Icon />
            <span>{text}</span>
            {page === 'training' && running > 0 && (
              <span class="count" title={`${running} running`}>
                {running}
                <span class="unseen"> running</span>
              </span>
            )}
          </a>
        );
      })}
    </>
  );
}
