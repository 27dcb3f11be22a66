/**
 * The candles of a symbol with what was forecast of them. lightweight-charts draws; its logo is off because it writes a
 * `<style>` into the page, which the policy of the server forbids: the page of the symbol has the notice and the link instead.
 */

import {
  CandlestickSeries,
  ColorType,
  CrosshairMode,
  createChart,
  createSeriesMarkers,
  LineStyle,
  type SeriesMarker,
  type Time,
  type UTCTimestamp,
} from 'lightweight-charts';
import { formatNumber, priceDigits } from '../../text/numbers.js';
import { formatTime } from '../../text/times.js';
import { colorOf } from '../state/theme.js';
import type { Candle } from '../view/candle-buffer.js';
import { type DrawnForecast, ForecastLayer, LEAST_SPACING } from './forecast-layer.js';

export interface DrawnSignal {
  readonly asOfMs: number;
  readonly signal: 'BUY' | 'SELL';
}

export interface PriceChart {
  /**
   * @param candles oldest first; what is in view stays in view
   * @param changedFromMs candles that opened before are those of the last call; all are taken anew without it
   */
  setCandles(candles: readonly Candle[], intervalMs: number, aheadMs: number, changedFromMs?: number): void;
  /** @param forecasts oldest first */
  setForecasts(forecasts: readonly DrawnForecast[], signals: readonly DrawnSignal[], intervalMs: number): void;
  readColors(): void;
  /** By candles; positive is to newer ones. */
  pan(candles: number): void;
  /** Above 1 is nearer. */
  zoom(factor: number): void;
  showNewest(): void;
  /** How many candles are to the left of the view; negative where it begins before them. */
  countBefore(): number;
  dispose(): void;
}

interface PriceChartOptions {
  /** How many candles are to the left of the view; called when it moves. */
  readonly onMove: (candlesBefore: number) => void;
  /** The candle under the pointer, or none. */
  readonly onPoint: (openTimeMs: number | undefined) => void;
}

const NEWEST_SHOWN = 110;
const MINUTE_MS = 60_000;
/** 10,000 candles on the width of a laptop. */
const FARTHEST_SPACING = 0.06;

export function createPriceChart(element: HTMLElement, { onMove, onPoint }: PriceChartOptions): PriceChart {
  let intervalMs = 0;
  let digits = 2;
  /** What the series holds; the axis may reach beyond the last candle. */
  let plotted: { readonly firstMs: number; readonly lastMs: number } | undefined;
  const chart = createChart(element, {
    autoSize: true,
    layout: { attributionLogo: false, fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 12 },
    rightPriceScale: { borderVisible: false, scaleMargins: { top: 0.1, bottom: 0.1 } },
    timeScale: {
      timeVisible: true,
      secondsVisible: false,
      borderVisible: false,
      rightOffset: 2,
      minBarSpacing: FARTHEST_SPACING,
      enableConflation: true,
      // The candle that comes stands where the axis already reached for its forecast: the view moves on with it.
      allowShiftVisibleRangeOnWhitespaceReplacement: true,
    },
    crosshair: { mode: CrosshairMode.Normal },
    localization: {
      locale: 'en-GB',
      timeFormatter: (time: Time) => formatTime(Number(time) * 1000, intervalMs < MINUTE_MS ? 'second' : 'minute'),
      priceFormatter: (price: number) => formatNumber(price, digits),
    },
    kineticScroll: { mouse: false, touch: true },
  });
  const series = chart.addSeries(CandlestickSeries, { priceLineVisible: false, lastValueVisible: false });
  const markers = createSeriesMarkers<Time>(series, []);
  const closeLine = series.createPriceLine({
    price: 0,
    lineWidth: 1,
    lineStyle: LineStyle.Dotted,
    axisLabelVisible: true,
    title: '',
  });
  const layer = new ForecastLayer();
  series.attachPrimitive(layer);
  let signals: readonly DrawnSignal[] = [];
  let rowCount = 0;
  let hasView = false;

  const timeScale = chart.timeScale();
  let areMarked = true;
  timeScale.subscribeVisibleLogicalRangeChange((range) => {
    if (range === null) return;
    const areNear = timeScale.options().barSpacing >= LEAST_SPACING;
    if (areNear !== areMarked) {
      areMarked = areNear;
      setMarkers();
    }
    onMove(range.from);
  });
  chart.subscribeCrosshairMove(({ time }) => onPoint(time === undefined ? undefined : Number(time) * 1000));

  const setMarkers = () => {
    const [blue, orange] = [colorOf('blue'), colorOf('orange')];
    markers.setMarkers(
      (areMarked ? signals : []).map(({ asOfMs, signal }): SeriesMarker<Time> => {
        const time = toTime(asOfMs - intervalMs);
        return signal === 'BUY'
          ? { time, position: 'belowBar', shape: 'arrowUp', color: blue }
          : { time, position: 'aboveBar', shape: 'arrowDown', color: orange };
      }),
    );
  };
  const showNewest = () => {
    const from = Math.max(0, rowCount - Math.min(NEWEST_SHOWN, Math.floor(element.clientWidth / 7)));
    timeScale.setVisibleLogicalRange({ from, to: rowCount + 4 });
  };
  const readColors = () => {
    const [card, quiet, grid, blue, orange, axis] = (['card', 'quiet', 'grid', 'blue', 'orange', 'axis'] as const).map(
      colorOf,
    );
    chart.applyOptions({
      layout: { background: { type: ColorType.Solid, color: card }, textColor: quiet },
      grid: { vertLines: { color: grid }, horzLines: { color: grid } },
      crosshair: {
        vertLine: { color: axis, labelBackgroundColor: colorOf('label') },
        horzLine: { color: axis, labelBackgroundColor: colorOf('label') },
      },
    });
    // Hollow is up, filled is down: told apart without the colour.
    series.applyOptions({
      upColor: card,
      borderUpColor: blue,
      wickUpColor: blue,
      downColor: orange,
      borderDownColor: orange,
      wickDownColor: orange,
    });
    closeLine.applyOptions({ color: axis, axisLabelColor: colorOf('label'), axisLabelTextColor: '#ffffff' });
    layer.setColors({ line: colorOf('purple'), band: colorOf('soft-purple') });
    setMarkers();
  };
  readColors();

  return {
    setCandles(candles, nextIntervalMs, aheadMs, changedFromMs) {
      if (nextIntervalMs !== intervalMs) {
        intervalMs = nextIntervalMs;
        chart.applyOptions({ timeScale: { secondsVisible: intervalMs < MINUTE_MS } });
      }
      const last = candles[candles.length - 1];
      if (last === undefined) {
        plotted = undefined;
        rowCount = 0;
        return series.setData([]);
      }
      if (priceDigits(last.close) !== digits || plotted === undefined) {
        digits = priceDigits(last.close);
        series.applyOptions({ priceFormat: { type: 'price', precision: digits, minMove: 10 ** -digits } });
      }
      closeLine.applyOptions({ price: last.close });
      // Times without a candle: the axis reaches the target of the newest forecast.
      const ahead: { time: UTCTimestamp }[] = [];
      for (let timeMs = last.openTimeMs + intervalMs; timeMs <= aheadMs - intervalMs; timeMs += intervalMs) {
        ahead.push({ time: toTime(timeMs) });
      }
      const firstMs = candles[0].openTimeMs;
      if (changedFromMs !== undefined && plotted?.firstMs === firstMs) {
        const from = candles.findLastIndex(({ openTimeMs }) => openTimeMs < changedFromMs) + 1;
        const lastMs = toTime(plotted.lastMs);
        for (const candle of candles.slice(from)) series.update(toBar(candle), toTime(candle.openTimeMs) < lastMs);
        for (const space of ahead) if (space.time > lastMs) series.update(space);
      } else {
        series.setData([...candles.map(toBar), ...ahead]);
      }
      plotted = { firstMs, lastMs: Math.max(last.openTimeMs, 1000 * Number(ahead[ahead.length - 1]?.time ?? 0)) };
      rowCount = candles.length + ahead.length;
      if (!hasView) showNewest();
      hasView = true;
    },
    setForecasts(forecasts, nextSignals, nextIntervalMs) {
      intervalMs = nextIntervalMs;
      signals = nextSignals;
      setMarkers();
      layer.setForecasts(forecasts, intervalMs);
    },
    readColors,
    pan(candles) {
      timeScale.scrollToPosition(timeScale.scrollPosition() + candles, false);
    },
    zoom(factor) {
      const range = timeScale.getVisibleLogicalRange();
      if (range === null) return;
      const width = (range.to - range.from) / factor;
      timeScale.setVisibleLogicalRange({ from: range.to - Math.max(10, width), to: range.to });
    },
    showNewest,
    countBefore: () => timeScale.getVisibleLogicalRange()?.from ?? Number.POSITIVE_INFINITY,
    dispose: () => chart.remove(),
  };
}

function toBar({ openTimeMs, open, high, low, close }: Candle) {
  return { time: toTime(openTimeMs), open, high, low, close };
}

function toTime(timeMs: number): UTCTimestamp {
  return (timeMs / 1000) as UTCTimestamp;
}
