/** The chart of a symbol, and the keeping of what it shows: older candles and forecasts as the reader moves back. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { formatPrice } from '../../../text/numbers.js';
import { makeSentence } from '../../../text/sentences.js';
import { formatTime, precisionOf } from '../../../text/times.js';
import type { LedgerEntryAnswer, ModelSummary } from '../../../wire/wire.js';
import { api, describeError } from '../../api.js';
import { createPriceChart, type PriceChart } from '../../charts/price-chart.js';
import { ArrowLeftIcon, ArrowRightIcon, MinusIcon, PlusIcon, ToEndIcon } from '../../parts/icons.js';
import { onEvent, reloadCount } from '../../state/service.js';
import { isDark } from '../../state/theme.js';
import { type Candle, candlesOf, intervalOf, joinCandles } from '../../view/candle-buffer.js';
import { drawnForecasts, drawnSignals, joinEntries, putEntry } from '../../view/drawn-forecasts.js';

const FIRST_PAGE = 600;
const PAGE = 2_000;
const LEDGER_PAGE = 500;
/** Older candles are asked for when fewer than this are left of the view. */
const AHEAD_OF_NEED = 120;
/** A page left open for days does not grow: what is older is asked for again when the reader goes there. */
const MOST_HELD = 12_000;

export function History({ model }: { model: ModelSummary }) {
  const element = useRef<HTMLDivElement>(null);
  const chart = useRef<PriceChart | undefined>(undefined);
  const held = useRef(createHeld());
  const [state, setState] = useState<{ isReady: boolean; isOlder: boolean; error?: unknown }>({
    isReady: false,
    isOlder: false,
  });
  const [pointed, setPointed] = useState<Candle | undefined>();
  const { name, symbol, interval, source } = model;

  const newest = useRef(model.prediction);
  newest.current = model.prediction;

  /** Draws what is held; from `changedFromMs` on when the candles before it are drawn already. */
  const draw = (changedFromMs?: number) => {
    const { candles, entries } = held.current;
    if (candles.length === 0) return;
    const intervalMs = intervalOf(candles);
    const [firstCloseMs, lastCloseMs] = [candles[0], candles[candles.length - 1]].map(
      ({ openTimeMs }) => openTimeMs + intervalMs,
    );
    const forecasts = drawnForecasts(entries, newest.current);
    const signals = drawnSignals(entries, newest.current, firstCloseMs, lastCloseMs);
    chart.current?.setCandles(candles, intervalMs, forecasts[forecasts.length - 1]?.targetTimeMs ?? 0, changedFromMs);
    chart.current?.setForecasts(forecasts, signals, intervalMs);
  };
  const redraw = () => draw(held.current.candles[held.current.candles.length - 1]?.openTimeMs);
  const loadOlder = async () => {
    const kept = held.current;
    if (kept.isLoading || kept.isComplete || kept.candles.length === 0) return;
    kept.isLoading = true;
    setState((before) => ({ ...before, isOlder: true }));
    try {
      const older = candlesOf(
        await api.candles({ symbol, interval, source, toMs: kept.candles[0].openTimeMs, limit: PAGE }),
      );
      kept.candles = joinCandles(older, kept.candles);
      kept.isComplete = older.length < PAGE;
      await loadEntries();
      draw();
      // A view of many candles needs more than one page; moves that came while this one was loading were not answered.
      setTimeout(() => {
        if ((chart.current?.countBefore() ?? AHEAD_OF_NEED) < AHEAD_OF_NEED) void loadOlder();
      });
    } catch {
      // The next move of the reader asks again.
    }
    kept.isLoading = false;
    setState((before) => ({ ...before, isOlder: false }));
  };
  /** Pages of the ledger until they reach as far back as the candles. */
  const loadEntries = async () => {
    const kept = held.current;
    while (
      kept.nextBeforeMs !== null &&
      (kept.entries[0]?.asOfMs ?? Number.POSITIVE_INFINITY) > kept.candles[0].openTimeMs
    ) {
      const page = await api.ledger({ name, beforeMs: kept.nextBeforeMs, limit: LEDGER_PAGE });
      kept.entries = joinEntries(page.entries, kept.entries);
      kept.nextBeforeMs = page.nextBeforeMs;
    }
  };
  const loadNewest = async () => {
    try {
      const kept = held.current;
      const [candles, page] = await Promise.all([
        api.candles({ symbol, interval, source, limit: FIRST_PAGE }),
        api.ledger({ name, limit: LEDGER_PAGE }),
      ]);
      const fresh = candlesOf(candles);
      const isApart =
        fresh.length > 0 &&
        kept.candles.length > 0 &&
        fresh[0].openTimeMs > kept.candles[kept.candles.length - 1].openTimeMs;
      // After a long break the newest page does not reach what is held: begin again rather than show a hole.
      if (isApart) held.current = createHeld();
      held.current.candles = joinCandles(held.current.candles, fresh);
      if (held.current.nextBeforeMs === undefined) held.current.nextBeforeMs = page.nextBeforeMs;
      held.current.entries = joinEntries(page.entries, held.current.entries);
      setState((before) => ({ ...before, isReady: true, error: undefined }));
      draw();
    } catch (error) {
      setState((before) => ({ ...before, error }));
    }
  };

  /** Brings the candles that have closed since the last one held. */
  const follow = async () => {
    const last = held.current.candles[held.current.candles.length - 1];
    if (last === undefined) return loadNewest();
    try {
      const fresh = candlesOf(
        await api.candles({ symbol, interval, source, fromMs: last.openTimeMs, limit: FIRST_PAGE }),
      );
      const kept = held.current;
      if (fresh[0]?.openTimeMs !== last.openTimeMs) return loadNewest();
      kept.candles = joinCandles(kept.candles, fresh);
      // What the reader looks at stays.
      const inViewFrom = chart.current?.countBefore() ?? 0;
      const isFull = kept.candles.length > MOST_HELD && inViewFrom > kept.candles.length - MOST_HELD / 2;
      if (isFull) dropOldest(kept);
      draw(isFull ? undefined : last.openTimeMs);
      setState((before) => ({ ...before }));
    } catch {
      // The next candle asks again.
    }
  };

  // The chart lives as long as the page of this model.
  useEffect(() => {
    chart.current = createPriceChart(element.current!, {
      onMove: (before) => {
        if (before < AHEAD_OF_NEED) void loadOlder();
      },
      onPoint: (timeMs) =>
        setPointed(
          timeMs === undefined ? undefined : held.current.candles.find(({ openTimeMs }) => openTimeMs === timeMs),
        ),
    });
    return () => chart.current?.dispose();
  }, []);
  const moment = reloadCount.value;
  // `moment` asks again when the connection is back.
  useEffect(() => {
    void loadNewest();
  }, [moment]);
  // What it reads is held in references.
  useEffect(
    () =>
      onEvent((event) => {
        const isCandle =
          event.kind === 'candle' && event.symbol === symbol && event.interval === interval && event.source === source;
        if (isCandle) void follow();
        if (event.kind === 'outcome' && event.entry.name === name) {
          held.current.entries = putEntry(held.current.entries, event.entry);
          redraw();
        }
      }),
    [],
  );
  // A new forecast is drawn when it arrives.
  useEffect(redraw, [model.prediction]);
  const palette = isDark.value;
  // `palette` names the colours to be read.
  useEffect(() => chart.current?.readColors(), [palette]);

  const move = (event: KeyboardEvent) => {
    const action = KEYS[event.key];
    if (action === undefined || chart.current === undefined) return;
    event.preventDefault();
    action(chart.current);
  };
  const last = held.current.candles[held.current.candles.length - 1];
  const shown = pointed ?? last;
  return (
    <section class="card chart-card" aria-labelledby="chart-heading">
      <div class="panel-head">
        <h2 id="chart-heading">Candles and forecasts</h2>
        <div class="toolbar" role="toolbar" aria-label="Move the chart" onKeyDown={move}>
          <ToolButton label="Older" onClick={() => chart.current?.pan(-24)}>
            <ArrowLeftIcon />
          </ToolButton>
          <ToolButton label="Newer" onClick={() => chart.current?.pan(24)}>
            <ArrowRightIcon />
          </ToolButton>
          <ToolButton label="Farther" onClick={() => chart.current?.zoom(1 / 1.5)}>
            <MinusIcon />
          </ToolButton>
          <ToolButton label="Nearer" onClick={() => chart.current?.zoom(1.5)}>
            <PlusIcon />
          </ToolButton>
          <ToolButton label="Newest candles" onClick={() => chart.current?.showNewest()}>
            <ToEndIcon />
          </ToolButton>
        </div>
      </div>
      <p class="candle-line">
        {shown === undefined ? (
          ' '
        ) : (
          <>
            <span>{formatTime(shown.openTimeMs, precisionOf(interval))}</span>{' '}
            {(['open', 'high', 'low', 'close'] as const).map((key) => (
              <span key={key}>
                <b title={key}>{key.charAt(0).toUpperCase()}</b> {formatPrice(shown[key])}
              </span>
            ))}
          </>
        )}
        {state.isOlder && <span class="quiet"> Loading older candles…</span>}
      </p>
      <div class="price-chart-frame">
        <div
          class="price-chart"
          role="img"
          aria-label={describeChart(model, held.current.candles, held.current.entries)}
        >
          {/* The chart lays itself out with a table, which says nothing. */}
          <div ref={element} class="price-chart-canvas" aria-hidden="true" />
        </div>
        {!state.isReady && (
          <div class="chart-cover">
            {state.error === undefined ? (
              <p class="quiet">Loading candles…</p>
            ) : (
              <CoverFailure error={state.error} onRetry={loadNewest} />
            )}
          </div>
        )}
        {state.isReady && held.current.candles.length === 0 && (
          <div class="chart-cover">
            <p class="quiet">No candles are stored.</p>
          </div>
        )}
      </div>
      <ul class="legend">
        <li>
          <span class="key candle-up" /> rose
        </li>
        <li>
          <span class="key candle-down" /> fell
        </li>
        <li>
          <span class="key forecast-line" /> forecast and its 80 % interval, drawn where it was made
        </li>
        <li>
          <span class="arrow-up">▲</span> BUY
        </li>
        <li>
          <span class="arrow-down">▼</span> SELL
        </li>
      </ul>
    </section>
  );
}

interface Held {
  candles: Candle[];
  /** Oldest first. */
  entries: LedgerEntryAnswer[];
  /** Where the next older page of the ledger begins; `undefined` before the first page, `null` after the last. */
  nextBeforeMs: number | null | undefined;
  isLoading: boolean;
  isComplete: boolean;
}

function createHeld(): Held {
  return { candles: [], entries: [], nextBeforeMs: undefined, isLoading: false, isComplete: false };
}

/** Leaves the newer half, so that it is not done again at once. */
function dropOldest(held: Held): void {
  held.candles = held.candles.slice(-MOST_HELD / 2);
  held.entries = held.entries.filter(({ asOfMs }) => asOfMs >= held.candles[0].openTimeMs);
  held.nextBeforeMs = held.entries[0]?.asOfMs ?? null;
  held.isComplete = false;
}

const KEYS: Record<string, ((chart: PriceChart) => void) | undefined> = {
  ArrowLeft: (chart) => chart.pan(-6),
  ArrowRight: (chart) => chart.pan(6),
  '+': (chart) => chart.zoom(1.5),
  '-': (chart) => chart.zoom(1 / 1.5),
  End: (chart) => chart.showNewest(),
};

function ToolButton({
  label,
  onClick,
  children,
}: {
  label: string;
  onClick: () => void;
  children: preact.ComponentChildren;
}) {
  return (
    <button type="button" class="icon-button" aria-label={label} title={label} onClick={onClick}>
      {children}
    </button>
  );
}

function CoverFailure({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  return (
    <div role="alert">
      <p>{makeSentence(describeError(error).message)}</p>
      <button type="button" class="button small" onClick={() => onRetry()}>
        Try again
      </button>
    </div>
  );
}

function describeChart(model: ModelSummary, candles: readonly Candle[], entries: readonly LedgerEntryAnswer[]): string {
  if (candles.length === 0) return `Candles of ${model.symbol}`;
  const last = candles[candles.length - 1];
  const signals = entries.filter(({ signal }) => signal !== 'HOLD').length;
  const precision = precisionOf(model.interval);
  return (
    `${candles.length} candles of ${model.symbol} ${model.interval}, from ${formatTime(candles[0].openTimeMs, precision)} to ` +
    `${formatTime(last.openTimeMs, precision)}, last close ${formatPrice(last.close)}; ${entries.length} served forecasts, ${signals} of them BUY or SELL. The ledger has them as a table.`
  );
}
