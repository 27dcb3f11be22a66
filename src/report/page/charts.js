// Draws every chart of the page with uPlot from the JSON beside it; `ChartSpec` in chart.ts describes that JSON.
// Runs in the browser as it stands: no imports, no build.
(() => {
  const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
  const DAY_MS = 86_400_000;
  const FONT = '12px system-ui, sans-serif';
  /** Width of a chart on paper, CSS pixels. */
  const PAPER_WIDTH = 640;
  const WHOLE_STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];

  const plots = [...document.querySelectorAll('.plot')].map((element) => ({
    element,
    spec: JSON.parse(element.querySelector('script').textContent),
    chart: null,
  }));

  function colorOf(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  }

  function heightFor(width) {
    return width < 480 ? 230 : width < 800 ? 270 : 320;
  }

  function labelDay(time) {
    return `${time.getUTCDate()}\u00a0${MONTHS[time.getUTCMonth()]}\u00a0${time.getUTCFullYear()}`;
  }

  function formatValue(value, { kind, digits = 0, isSigned = false }) {
    if (value === null || value === undefined) return '–';
    if (kind === 'time') return `${labelDay(new Date(value))}, ${new Date(value).toISOString().slice(11, 16)}`;
    const size = Math.abs(kind === 'percent' ? 100 * value : value);
    const text = kind === 'count' ? Math.round(size).toLocaleString('en-US') : size.toFixed(digits);
    const sign = !/[1-9]/.test(text) ? '' : value < 0 ? '−' : isSigned ? '+' : '';
    return sign + text + (kind === 'percent' ? '\u00a0%' : '');
  }

  /** Labels of an axis: as few digits as say the values exactly. */
  function labelSplits(splits, format) {
    const factor = format.kind === 'percent' ? 100 : 1;
    const isExact = (value, digits) => Math.abs(Number((factor * value).toFixed(digits)) - factor * value) < 1e-9;
    let digits = 0;
    while (digits < 8 && !splits.every((value) => isExact(value, digits))) digits += 1;
    return splits.map((value) => formatValue(value, { ...format, digits }));
  }

  function labelTimes(splits, stepMs) {
    return splits.map((timeMs) => {
      const time = new Date(timeMs);
      const month = MONTHS[time.getUTCMonth()];
      if (stepMs >= 28 * DAY_MS) return `${month}\u00a0${time.getUTCFullYear()}`;
      if (stepMs >= DAY_MS) return `${time.getUTCDate()}\u00a0${month}`;
      return time.toISOString().slice(11, 16);
    });
  }

  /** Room for the longest label of the axis beside the chart. */
  function widthOfLabels(chart, labels, index, cycle) {
    const axis = chart.axes[index];
    if (cycle > 1) return axis._size;
    const longest = (labels ?? []).reduce((most, label) => (label.length > most.length ? label : most), '');
    chart.ctx.font = axis.font[0];
    return Math.ceil(axis.gap + 6 + chart.ctx.measureText(longest).width / uPlot.pxRatio);
  }

  /** Holds values and marks, with a tenth of room above and below; a line that does not move lies in the middle. */
  function rangeOf({ marks = [] }, dataLow, dataHigh) {
    const lines = marks.filter(({ axis }) => axis === 'y').map(({ at }) => at);
    const low = Math.min(dataLow, ...lines);
    const high = Math.max(dataHigh, ...lines);
    if (low !== high) return uPlot.rangeNum(low, high, 0.1, true);
    const room = Math.abs(low) / 10 || 0.01;
    return [low - room, high + room];
  }

  function makeSeries(series, spec) {
    const color = colorOf(series.color);
    const format = series.format ?? spec.y.format;
    const common = {
      label: series.label,
      scale: series.isCount ? 'count' : 'y',
      stroke: color,
      value: (_chart, value) => formatValue(value, format),
    };
    switch (series.style) {
      case 'bars':
        return {
          ...common,
          width: 0,
          fill: series.isCount ? `${color}55` : color,
          paths: uPlot.paths.bars({ size: [0.62, 46, 3], radius: 0.12 }),
          points: { show: false },
        };
      case 'points':
        return { ...common, width: 2, paths: () => null, points: { show: true, size: 9, fill: color, width: 0 } };
      case 'dashed':
        return { ...common, width: 1.5, dash: [5, 4], points: { show: false } };
      default:
        return { ...common, width: 2, points: { show: spec.x.values.length === 1, size: 7, fill: color } };
    }
  }

  function placeOf(chart, { axis, at }) {
    const { left, top, width, height } = chart.bbox;
    const position = chart.valToPos(at, axis, true);
    const [start, size] = axis === 'x' ? [left, width] : [top, height];
    return position >= start - 1 && position <= start + size + 1 ? position : null;
  }

  function drawMarkLines(chart, marks) {
    const { ctx, bbox } = chart;
    const ratio = uPlot.pxRatio;
    ctx.save();
    ctx.strokeStyle = colorOf('axis');
    ctx.lineWidth = ratio;
    for (const mark of marks) {
      const position = placeOf(chart, mark);
      if (position === null) continue;
      ctx.setLineDash(mark.label ? [2 * ratio, 3 * ratio] : []);
      ctx.beginPath();
      if (mark.axis === 'x') {
        ctx.moveTo(position, bbox.top);
        ctx.lineTo(position, bbox.top + bbox.height);
      } else {
        ctx.moveTo(bbox.left, position);
        ctx.lineTo(bbox.left + bbox.width, position);
      }
      ctx.stroke();
    }
    ctx.restore();
  }

  /** Names of the marks, with a rim that keeps the curves off the letters. */
  function drawMarkLabels(chart, marks) {
    const { ctx, bbox } = chart;
    const ratio = uPlot.pxRatio;
    const gap = 5 * ratio;
    const right = bbox.left + bbox.width;
    ctx.save();
    ctx.font = FONT.replace('12px', `${12 * ratio}px`);
    ctx.fillStyle = colorOf('quiet');
    ctx.strokeStyle = colorOf('card');
    ctx.lineWidth = 4 * ratio;
    ctx.lineJoin = 'round';
    for (const [i, mark] of marks.entries()) {
      const position = placeOf(chart, mark);
      if (position === null || !mark.label) continue;
      const fits = mark.axis === 'x' && position + gap + ctx.measureText(mark.label).width <= right;
      ctx.textAlign = fits ? 'left' : 'right';
      ctx.textBaseline = mark.axis === 'x' ? 'top' : 'bottom';
      // Each upright mark has a line of its own for its name: neighbours do not meet.
      const [x, y] =
        mark.axis === 'x'
          ? [position + (fits ? gap : -gap), bbox.top + (15 * i - 10) * ratio]
          : [right, position - gap / 2];
      ctx.strokeText(mark.label, x, y);
      ctx.fillText(mark.label, x, y);
    }
    ctx.restore();
  }

  function drawWhiskers(chart, series, xs) {
    const { ctx } = chart;
    ctx.save();
    ctx.strokeStyle = colorOf(series.color);
    ctx.lineWidth = 1.5 * uPlot.pxRatio;
    for (const [i, ends] of series.whiskers.entries()) {
      if (!ends) continue;
      const x = chart.valToPos(xs[i], 'x', true);
      ctx.beginPath();
      ctx.moveTo(x, chart.valToPos(ends[0], 'y', true));
      ctx.lineTo(x, chart.valToPos(ends[1], 'y', true));
      ctx.stroke();
    }
    ctx.restore();
  }

  /** The value above each bar, left out where it would run into the one before. */
  function drawCounts(chart, series, xs) {
    const { ctx } = chart;
    const ratio = uPlot.pxRatio;
    ctx.save();
    ctx.font = FONT.replace('12px', `${11 * ratio}px`);
    ctx.fillStyle = colorOf('quiet');
    ctx.textAlign = 'center';
    ctx.textBaseline = 'bottom';
    let end = Number.NEGATIVE_INFINITY;
    for (const [i, value] of series.values.entries()) {
      const text = formatValue(value, { kind: 'count' });
      const x = chart.valToPos(xs[i], 'x', true);
      const half = ctx.measureText(text).width / 2;
      if (x - half < end + 3 * ratio) continue;
      ctx.fillText(text, x, chart.valToPos(value, 'count', true) - 2 * ratio);
      end = x + half;
    }
    ctx.restore();
  }

  function drawOver(chart, spec) {
    for (const series of spec.series) {
      if (series.whiskers) drawWhiskers(chart, series, spec.x.values);
      if (series.isCount) drawCounts(chart, series, spec.x.values);
    }
    drawMarkLabels(chart, spec.marks ?? []);
  }

  /** The newest values stand in the legend until the pointer asks for others. */
  function keepLegendFilled(chart, spec) {
    if (chart.cursor.idx === null || chart.cursor.idx === undefined) {
      chart.setLegend({ idx: spec.x.values.length - 1 }, false);
    }
  }

  function makeOptions(spec, width) {
    const isTime = spec.x.format.kind === 'time';
    const axis = {
      stroke: colorOf('quiet'),
      font: FONT,
      grid: { stroke: colorOf('grid'), width: 1 },
      ticks: { show: false },
    };
    return {
      width,
      height: heightFor(width),
      ms: 1,
      tzDate: (timeMs) => uPlot.tzDate(new Date(timeMs), 'Etc/UTC'),
      padding: [14, 18, 0, 0],
      cursor: { y: false, drag: { x: isTime, y: false }, points: { size: 8 } },
      legend: {
        markers: {
          width: 3,
          dash: (_chart, index) => (spec.series[index - 1]?.style === 'dashed' ? 'dotted' : 'solid'),
        },
      },
      scales: {
        x: { time: isTime, ...(spec.x.range && { range: () => spec.x.range }) },
        y: { range: (_chart, low, high) => spec.y.range ?? rangeOf(spec, low, high) },
        // The counts take the lowest quarter.
        count: { range: (_chart, _low, high) => [0, high * 4] },
      },
      axes: [
        {
          ...axis,
          ...(isTime
            ? { space: 76, size: 32, gap: 8, values: (_chart, splits, _axis, _space, step) => labelTimes(splits, step) }
            : {
                space: spec.x.format.kind === 'percent' ? 64 : 40,
                size: 28,
                gap: 8,
                label: spec.x.label,
                labelFont: FONT,
                labelSize: 20,
                values: (_chart, splits) => labelSplits(splits, spec.x.format),
                ...(spec.x.format.kind === 'count' && { incrs: WHOLE_STEPS }),
              }),
          grid: { show: false },
        },
        {
          ...axis,
          space: 40,
          size: widthOfLabels,
          values: (_chart, splits) => labelSplits(splits, spec.y.format),
        },
      ],
      series: [
        { label: spec.x.label, value: (_chart, value) => formatValue(value, spec.x.format) },
        ...spec.series.map((series) => makeSeries(series, spec)),
      ],
      hooks: {
        drawAxes: [(chart) => drawMarkLines(chart, spec.marks ?? [])],
        draw: [(chart) => drawOver(chart, spec)],
        setCursor: [(chart) => keepLegendFilled(chart, spec)],
        ready: [(chart) => keepLegendFilled(chart, spec)],
      },
    };
  }

  function draw(plot, width) {
    plot.chart?.destroy();
    const { spec, element } = plot;
    plot.chart = new uPlot(
      makeOptions(spec, width),
      [spec.x.values, ...spec.series.map(({ values }) => values)],
      element,
    );
    // A series without a name is an ornament of another one.
    for (const [i, row] of [...element.querySelectorAll('.u-legend .u-series')].entries()) {
      row.hidden = i > 0 && spec.series[i - 1].label === '';
    }
  }

  function drawAll(width) {
    for (const plot of plots) draw(plot, width ?? plot.element.clientWidth);
  }

  const observer = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const plot = plots.find(({ element }) => element === target);
      const width = target.clientWidth;
      if (plot.chart && width > 0 && width !== plot.chart.width) {
        plot.chart.setSize({ width, height: heightFor(width) });
      }
    }
  });

  drawAll();
  for (const { element } of plots) observer.observe(element);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => drawAll());
  addEventListener('beforeprint', () => {
    document.documentElement.classList.add('paper');
    observer.disconnect();
    drawAll(PAPER_WIDTH);
  });
  addEventListener('afterprint', () => {
    document.documentElement.classList.remove('paper');
    drawAll();
    for (const { element } of plots) observer.observe(element);
  });
})();
