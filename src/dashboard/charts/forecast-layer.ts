/**
 * Forecasts over the candles of a chart: every served one as a line from the close it was made at to the price it expected,
 * with its interval as a bar at the target; the newest as a band that opens up to its target time.
 *
 * A candle stands at its open time. A forecast is made at a close, which is the candle that opened one interval before.
 */

import type {
  AutoscaleInfo,
  IChartApi,
  IPrimitivePaneRenderer,
  IPrimitivePaneView,
  ISeriesApi,
  ISeriesPrimitive,
  Logical,
  SeriesAttachedParameter,
  Time,
  UTCTimestamp,
} from 'lightweight-charts';

export interface DrawnForecast {
  readonly asOfMs: number;
  readonly targetTimeMs: number;
  readonly lastClose: number;
  readonly price: number;
  readonly low: number;
  readonly high: number;
  readonly isOpen: boolean;
}

export interface ForecastColors {
  readonly line: string;
  readonly band: string;
}

/** Below this many pixels a candle, lines of forecasts and marks of signals would only be a stain. */
export const LEAST_SPACING = 3;

export class ForecastLayer implements ISeriesPrimitive<Time> {
  #chart: IChartApi | undefined;
  #series: ISeriesApi<'Candlestick'> | undefined;
  #requestUpdate: (() => void) | undefined;
  #forecasts: readonly DrawnForecast[] = [];
  #intervalMs = 0;
  #colors: ForecastColors = { line: '', band: '' };
  readonly #view: IPrimitivePaneView = { renderer: () => this.#renderer, zOrder: () => 'normal' };
  readonly #renderer: IPrimitivePaneRenderer = {
    draw: (target) => target.useMediaCoordinateSpace(({ context }) => this.#draw(context)),
  };

  attached({ chart, series, requestUpdate }: SeriesAttachedParameter<Time>): void {
    this.#chart = chart as IChartApi;
    this.#series = series as ISeriesApi<'Candlestick'>;
    this.#requestUpdate = requestUpdate;
  }

  detached(): void {
    this.#requestUpdate = undefined;
  }

  paneViews(): readonly IPrimitivePaneView[] {
    return [this.#view];
  }

  /** @param forecasts oldest first */
  setForecasts(forecasts: readonly DrawnForecast[], intervalMs: number): void {
    this.#forecasts = forecasts;
    this.#intervalMs = intervalMs;
    this.#requestUpdate?.();
  }

  setColors(colors: ForecastColors): void {
    this.#colors = colors;
    this.#requestUpdate?.();
  }

  /** The interval ahead is never cut off by the price axis. */
  autoscaleInfo(start: Logical, end: Logical): AutoscaleInfo | null {
    const newest = this.#forecasts[this.#forecasts.length - 1];
    const x = newest?.isOpen === true ? this.#indexOf(newest.targetTimeMs) : null;
    if (x === null || x < start || x > end + 1) return null;
    return { priceRange: { minValue: newest.low, maxValue: newest.high } };
  }

  #indexOf(closeTimeMs: number): number | null {
    const place = this.#placeOf(closeTimeMs);
    return place === null ? null : (this.#chart!.timeScale().coordinateToLogical(place as never) ?? null);
  }

  #placeOf(closeTimeMs: number): number | null {
    const openTime = ((closeTimeMs - this.#intervalMs) / 1000) as UTCTimestamp;
    return this.#chart?.timeScale().timeToCoordinate(openTime) ?? null;
  }

  #draw(context: CanvasRenderingContext2D): void {
    const range = this.#chart?.timeScale().getVisibleRange();
    if (range === null || range === undefined || this.#forecasts.length === 0) return;
    const spacing = this.#chart!.timeScale().options().barSpacing;
    const [fromMs, toMs] = [Number(range.from) * 1000, Number(range.to) * 1000 + this.#intervalMs];
    if (spacing >= LEAST_SPACING) {
      for (let index = firstFrom(this.#forecasts, fromMs); index < this.#forecasts.length; index += 1) {
        const forecast = this.#forecasts[index];
        if (forecast.asOfMs > toMs) break;
        if (!forecast.isOpen) this.#drawServed(context, forecast, spacing);
      }
    }
    const newest = this.#forecasts[this.#forecasts.length - 1];
    if (newest.isOpen) this.#drawAhead(context, newest, spacing);
  }

  #drawServed(context: CanvasRenderingContext2D, forecast: DrawnForecast, spacing: number): void {
    const places = this.#placesOf(forecast);
    if (places === undefined) return;
    const { x0, x1, y0, y1, yLow, yHigh } = places;
    const width = Math.max(2, Math.min(10, spacing * 0.5));
    context.fillStyle = this.#colors.band;
    context.globalAlpha = 0.6;
    context.fillRect(x1 - width / 2, yHigh, width, yLow - yHigh);
    context.strokeStyle = this.#colors.line;
    context.lineWidth = 1;
    context.globalAlpha = 0.8;
    context.beginPath();
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
    context.stroke();
    context.globalAlpha = 1;
    context.fillStyle = this.#colors.line;
    context.fillRect(x1 - width / 2, y1 - 0.75, width, 1.5);
  }

  #drawAhead(context: CanvasRenderingContext2D, forecast: DrawnForecast, spacing: number): void {
    const places = this.#placesOf(forecast);
    if (places === undefined) return;
    const { x0, x1, y0, y1, yLow, yHigh } = places;
    // One candle ahead would be too narrow to see: the band goes on to the far side of its candle.
    const end = x1 + Math.max(6, spacing / 2);
    context.fillStyle = this.#colors.band;
    context.beginPath();
    context.moveTo(x0, y0);
    context.lineTo(x1, yHigh);
    context.lineTo(end, yHigh);
    context.lineTo(end, yLow);
    context.lineTo(x1, yLow);
    context.closePath();
    context.fill();
    context.strokeStyle = this.#colors.line;
    context.lineWidth = 1;
    context.beginPath();
    for (const y of [yHigh, yLow]) {
      context.moveTo(x1, y);
      context.lineTo(end, y);
    }
    context.stroke();
    context.lineWidth = 2;
    context.setLineDash([4, 3]);
    context.beginPath();
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
    context.stroke();
    context.setLineDash([]);
    context.beginPath();
    context.moveTo(x1, y1);
    context.lineTo(end, y1);
    context.stroke();
  }

  #placesOf({ asOfMs, targetTimeMs, lastClose, price, low, high }: DrawnForecast) {
    const [x0, x1] = [this.#placeOf(asOfMs), this.#placeOf(targetTimeMs)];
    const heights = [lastClose, price, low, high].map((value) => this.#series!.priceToCoordinate(value));
    if (x0 === null || x1 === null || heights.some((height) => height === null)) return undefined;
    const [y0, y1, yLow, yHigh] = heights as number[];
    return { x0, x1, y0, y1, yLow, yHigh };
  }
}

/** Index of the first forecast made at `timeMs` or after it. */
export function firstFrom(forecasts: readonly { readonly asOfMs: number }[], timeMs: number): number {
  let [low, high] = [0, forecasts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (forecasts[middle].asOfMs < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
