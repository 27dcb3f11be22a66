/** Losses of a training as they come. */

import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { colorOf } from '../state/theme.js';

export interface LossChart {
  /** One value an epoch. */
  /** `null` for a loss that is no number. */
  setLosses(train: readonly (number | null)[], validation: readonly (number | null)[]): void;
  dispose(): void;
}

const HEIGHT = 220;

/** Draws into `element` and follows its width. @param epochs right end of the axis: epochs at most */
export function createLossChart(element: HTMLElement, epochs: number): LossChart {
  const font = `12px ${getComputedStyle(document.body).fontFamily}`;
  const [quiet, grid] = [colorOf('quiet'), colorOf('grid')];
  const axis = { stroke: quiet, font, grid: { stroke: grid, width: 1 }, ticks: { show: false } };
  const line = (label: string, color: string, dash?: number[]): uPlot.Series => ({
    label,
    stroke: color,
    width: 2,
    dash,
    points: { size: 5, fill: color },
  });
  const plot = new uPlot(
    {
      width: Math.max(200, element.clientWidth),
      height: HEIGHT,
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: false, range: [1, Math.max(2, epochs)] } },
      axes: [
        { ...axis, size: 30, values: (_, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? `${tick}` : '')) },
        {
          ...axis,
          size: 62,
          // As many digits as the step has, in all of them: 1.00 between 0.98 and 1.02.
          values: (_, ticks, __, ___, step) => {
            const digits = `${Number(step.toPrecision(3))}`.split('.')[1]?.length ?? 0;
            return ticks.map((tick) => tick.toFixed(digits));
          },
        },
      ],
      series: [{}, line('Training', colorOf('blue')), line('Validation', colorOf('orange'), [6, 4])],
    },
    [[], [], []],
    element,
  );
  const observer = new ResizeObserver(() => {
    if (element.clientWidth > 0 && element.clientWidth !== plot.width)
      plot.setSize({ width: element.clientWidth, height: HEIGHT });
  });
  observer.observe(element);
  return {
    setLosses(train, validation) {
      plot.setData([train.map((_, index) => index + 1), [...train], [...validation]]);
    },
    dispose() {
      observer.disconnect();
      plot.destroy();
    },
  };
}
