// Pure: no I/O, no clock.
import { element, type SvgNode, svgDocument, text } from './svg.ts';

export interface LineSeries {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
}

interface PanelText {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
}

export interface LinePanel extends PanelText {
  readonly kind: 'lines';
  readonly series: readonly LineSeries[];
  /** From one tick of the x axis to the next, where not any will do. */
  readonly xStep?: number;
  /** Of the y axis where the data do not say it: 1 for shares. */
  readonly yMax?: number;
  /** A level worth a line of its own. */
  readonly mark?: { readonly y: number; readonly name: string };
}

export interface BarPanel extends PanelText {
  readonly kind: 'bars';
  readonly categories: readonly string[];
  /** From the bottom up: a value for each category. */
  readonly parts: readonly { readonly name: string; readonly values: readonly number[] }[];
  readonly yMax?: number;
}

export type Panel = LinePanel | BarPanel;

/** Ordered settings: from light to dark. Kinds: each its own hue, told apart by the colour-blind too. */
const RAMP = ['#fdb863', '#e08214', '#b35806', '#8073ac', '#542788', '#2d004b', '#1b7837'];
const HUES = ['#4477aa', '#66ccee', '#ee6677', '#ccbb44', '#228833', '#aa3377'];

const PANEL = { width: 400, height: 330 };
const INSET = { left: 58, right: 14, top: 74, bottom: 46 };
const PLOT = {
  width: PANEL.width - INSET.left - INSET.right,
  height: PANEL.height - INSET.top - INSET.bottom,
};
const HEADING = 34;
const TICKS = 5;

/** Panels side by side under one heading. */
export function figure(heading: string, panels: readonly Panel[]): string {
  const width = PANEL.width * panels.length;
  const height = PANEL.height + HEADING;
  const drawn = panels.map((panel, index) =>
    element(
      'g',
      { transform: `translate(${index * PANEL.width} ${HEADING})` },
      ...(panel.kind === 'lines' ? drawLines(panel) : drawBars(panel)),
    ),
  );
  const title = text(heading, { x: 12, y: 24, 'font-size': 16, 'font-weight': 'bold' });
  return svgDocument({ width, height, title: heading }, title, ...drawn);
}

function drawLines(panel: LinePanel): SvgNode[] {
  const { series, mark } = panel;
  const all = series.flatMap(({ points }) => points);
  const { xStep } = panel;
  const xData = Math.max(...all.map(([x]) => x), 1e-9);
  const xMax = xStep === undefined ? xData : Math.ceil(xData / xStep) * xStep;
  const top = Math.max(...all.map(([, y]) => y), mark?.y ?? 0, 1e-9);
  const yMax = panel.yMax ?? roundUp(top);
  const lines = series.map(({ points }, index) =>
    element('polyline', {
      points: points
        .map(([x, y]) => `${at(INSET.left + (x / xMax) * PLOT.width)},${at(yOf(y, yMax))}`)
        .join(' '),
      fill: 'none',
      stroke: RAMP[index % RAMP.length] ?? '#000',
      'stroke-width': 1.8,
    }),
  );
  const xTicks = (xStep === undefined ? ticks(xMax, 6) : stepsTo(xMax, xStep)).map((x) =>
    text(label(x), {
      x: INSET.left + (x / xMax) * PLOT.width,
      y: axisY() + 15,
      'text-anchor': 'middle',
    }),
  );
  return [
    ...frame(panel, yMax),
    ...xTicks,
    ...lines,
    ...(mark === undefined ? [] : drawMark(mark, yMax)),
    ...legend(
      series.map(({ name }) => name),
      RAMP,
    ),
  ];
}

function drawMark(
  { y, name }: { readonly y: number; readonly name: string },
  yMax: number,
): SvgNode[] {
  const [x1, x2] = [INSET.left, INSET.left + PLOT.width];
  const level = yOf(y, yMax);
  const dash = { stroke: '#c00', 'stroke-dasharray': '5 4' };
  return [
    element('line', { x1, x2, y1: level, y2: level, ...dash }),
    text(name, { x: x2 - 4, y: level - 4, 'text-anchor': 'end', fill: '#c00' }),
  ];
}

function drawBars(panel: BarPanel): SvgNode[] {
  const { categories, parts } = panel;
  const heights = categories.map((_, index) =>
    parts.reduce((sum, { values }) => sum + (values[index] ?? 0), 0),
  );
  const yMax = panel.yMax ?? roundUp(Math.max(...heights, 1e-9));
  const step = PLOT.width / categories.length;
  const bars = categories.flatMap((category, index) => {
    const x = INSET.left + (index + 0.15) * step;
    let below = 0;
    const pieces = parts.map(({ values }, part) => {
      const value = values[index] ?? 0;
      below += value;
      const y = yOf(below, yMax);
      const height = (value / yMax) * PLOT.height;
      return element('rect', {
        x,
        y,
        width: step * 0.7,
        height,
        fill: HUES[part % HUES.length] ?? '#000',
      });
    });
    const name = text(category, { x: x + step * 0.35, y: axisY() + 15, 'text-anchor': 'middle' });
    return [...pieces, name];
  });
  return [
    ...frame(panel, yMax),
    ...bars,
    ...legend(
      parts.map(({ name }) => name),
      HUES,
    ),
  ];
}

function frame({ title, xLabel, yLabel }: PanelText, yMax: number): SvgNode[] {
  const right = INSET.left + PLOT.width;
  const middle = INSET.top + PLOT.height / 2;
  const grid = ticks(yMax, TICKS).flatMap((value) => {
    const y = yOf(value, yMax);
    return [
      element('line', {
        x1: INSET.left,
        x2: right,
        y1: y,
        y2: y,
        stroke: value === 0 ? '#444' : '#ddd',
      }),
      text(label(value), { x: INSET.left - 6, y: y + 4, 'text-anchor': 'end' }),
    ];
  });
  return [
    text(title, { x: 12, y: 14, 'font-size': 13, 'font-weight': 'bold' }),
    ...grid,
    text(xLabel, { x: INSET.left + PLOT.width / 2, y: PANEL.height - 10, 'text-anchor': 'middle' }),
    text(yLabel, {
      x: 14,
      y: middle,
      'text-anchor': 'middle',
      transform: `rotate(-90 14 ${at(middle)})`,
    }),
  ];
}

const LEGEND_COLUMNS = 4;

function legend(names: readonly string[], colours: readonly string[]): SvgNode[] {
  const width = (PANEL.width - 24) / LEGEND_COLUMNS;
  return names.flatMap((name, index) => {
    const x = 12 + (index % LEGEND_COLUMNS) * width;
    const y = 24 + Math.floor(index / LEGEND_COLUMNS) * 16;
    const fill = colours[index % colours.length] ?? '#000';
    return [
      element('rect', { x, y, width: 11, height: 9, fill }),
      text(name, { x: x + 15, y: y + 9 }),
    ];
  });
}

function yOf(value: number, yMax: number): number {
  return INSET.top + PLOT.height * (1 - Math.min(1, value / yMax));
}

function axisY(): number {
  return INSET.top + PLOT.height;
}

function at(coordinate: number): number {
  return Math.round(coordinate * 10) / 10;
}

/** A number of the form 1, 2, 2.5 or 5 times a power of ten, no less than the value. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find(
    (candidate) => candidate * power >= value,
  );
  return (factor ?? 10) * power;
}

function ticks(max: number, count: number): number[] {
  const step = [1, 2, 2.5, 5, 10]
    .map((factor) => factor * 10 ** Math.floor(Math.log10(max / count)))
    .find((candidate) => max / candidate <= count + 1e-9);
  if (step === undefined) return [0, max];
  return stepsTo(max, step);
}

function stepsTo(max: number, step: number): number[] {
  return Array.from({ length: Math.floor(max / step + 1e-9) + 1 }, (_, index) => index * step);
}

function label(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6) return `${at(value / 1e6)}M`;
  if (size >= 10_000) return `${at(value / 1e3)}k`;
  return String(Math.round(value * 1000) / 1000);
}
