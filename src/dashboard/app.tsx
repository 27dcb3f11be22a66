/** The frame around every page: navigation, the state of the connection, shortcuts, the question for a token. */

import { signal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { isTokenMissing } from './api.js';
import { OverviewPage } from './pages/overview.js';
import { lazyPage } from './parts/lazy-page.js';
import { Toasts } from './parts/toast.js';
import { PAGES, type PageName, route, startRouter, titleOf } from './router.js';
import { ConnectionBanner } from './shell/connection.js';
import { Header, TabBar } from './shell/navigation.js';
import { isHelpShown, ShortcutHelp, startShortcuts } from './shell/shortcuts.js';
import { TokenPrompt } from './shell/token-prompt.js';
import { startClock } from './state/clock.js';
import { startService } from './state/service.js';

const SymbolPage = lazyPage(() => import('./pages/symbol.js').then((module) => module.SymbolPage));
const ModelsPage = lazyPage(() => import('./pages/models.js').then((module) => module.ModelsPage));
const TrainingPage = lazyPage(() => import('./pages/training.js').then((module) => module.TrainingPage));
const DataPage = lazyPage(() => import('./pages/data.js').then((module) => module.DataPage));
const LedgerPage = lazyPage(() => import('./pages/ledger.js').then((module) => module.LedgerPage));

const COMPONENTS: Record<PageName, ComponentType> = {
  overview: OverviewPage,
  symbol: SymbolPage,
  models: ModelsPage,
  training: TrainingPage,
  data: DataPage,
  ledger: LedgerPage,
  unknown: UnknownPage,
};

const isStarted = signal(false);

export function App() {
  useEffect(() => {
    if (isStarted.value) return;
    isStarted.value = true;
    startRouter();
    startShortcuts();
    startClock();
    startService();
  }, []);
  const { page, name } = route.value;
  useEffect(() => announcePage(page, name), [page, name]);
  const Page = COMPONENTS[page];
  return (
    <>
      <button type="button" class="skip-link" onClick={focusHeading}>
        Skip to the content
      </button>
      <Header />
      <ConnectionBanner />
      <main>
        <Page key={`${page} ${name ?? ''}`} />
      </main>
      <TabBar />
      <Toasts />
      {isHelpShown.value && <ShortcutHelp />}
      {isTokenMissing.value && <TokenPrompt />}
    </>
  );
}

let pagesShown = 0;

/** The title names the page; after a change of page the focus is at its heading, as after loading a document. */
function announcePage(page: PageName, name: string | undefined): void {
  document.title = `${titleOf({ page, name })} · TradeAI`;
  pagesShown += 1;
  if (pagesShown > 1) {
    scrollTo(0, 0);
    const before = document.activeElement;
    // Unless the reader was quicker and is elsewhere already.
    requestAnimationFrame(() => {
      if (document.activeElement === before || document.activeElement === document.body) focusHeading();
    });
  }
}

function focusHeading(): void {
  document.querySelector<HTMLElement>('main h1')?.focus();
}

function UnknownPage() {
  return (
    <>
      <h1 tabIndex={-1}>There is no such page</h1>
      <p>
        Pages: {PAGES.join(', ')}. <a href="#/">Go to the overview</a>
      </p>
    </>
  );
}
