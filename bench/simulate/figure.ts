// Pure: no I/O, no clock.
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

interface PanelText {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
}

export interface LineSeries {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface LinePanel extends PanelText {
  readonly kind: 'lines';
  readonly series: readonly LineSeries[];
  /** From one tick of the x axis to the next, where not any will do. */
  readonly xStep?: number;
  /** Upper end of the y axis where the data do not say it: 1 for shares. */
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

export interface Figure {
  readonly heading: string;
  /** A description of the figure in a sentence or two, for readers who cannot see it. */
  readonly description: string;
  readonly panels: readonly Panel[];
}

type Concatenation = Extract<TopLevelSpec, { hconcat: unknown }>;
type PanelSpec = Concatenation['hconcat'][number];

/** Ordered settings: from light to dark. Kinds: each its own hue, told apart by the colour-blind too. */
const RAMP = ['#fdb863', '#e08214', '#b35806', '#8073ac', '#542788', '#2d004b', '#1b7837'];
const HUES = ['#4477aa', '#66ccee', '#ee6677', '#ccbb44', '#228833', '#aa3377'];
const MARK = '#cc0000';
const DASHES = [5, 4];
const TICKS = 5;
const SIZE = { width: 320, height: 210 };

/** The whole figure as an SVG document: panels side by side under one heading, on white, so that a dark page can show it. */
export async function draw(figure: Figure): Promise<string> {
  const view = new View(parse(compile(specify(figure)).spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return `${describe(svg, figure)}\n`;
}

/** Adds the name and the description that assistive technology reads (SVG 2, section 5.8): Vega writes neither. */
function describe(svg: string, { heading, description }: Figure): string {
  const texts = `<title>${escapeText(heading)}</title><desc>${escapeText(description)}</desc>`;
  return svg.replace('<svg', '<svg role="img"').replace('>', () => `>${texts}`);
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function specify({ heading, panels }: Figure): TopLevelSpec {
  return {
    title: { text: heading, anchor: 'start', fontSize: 16, offset: 14 },
    background: '#fff',
    padding: 12,
    bounds: 'flush', // panels evenly apart, however long their titles are
    spacing: 74,
    hconcat: panels.map((panel) => (panel.kind === 'lines' ? linesOf(panel) : barsOf(panel))),
    resolve: { scale: { color: 'independent' } },
    config: {
      aria: false, // an image has no parts to be told apart
      font: 'DejaVu Sans, Verdana, sans-serif',
      view: { stroke: null },
      title: { anchor: 'start', fontSize: 13, frame: 'group' },
      axis: { titleFontWeight: 'normal', titleFontSize: 11, labelFontSize: 11, tickCount: TICKS },
      axisX: { grid: false, labelFlush: false },
      legend: {
        orient: 'top',
        columns: 4,
        title: null,
        labelFontSize: 11,
        symbolStrokeWidth: 3,
      },
    },
  };
}

function linesOf({ title, xLabel, yLabel, series, xStep, yMax, mark }: LinePanel): PanelSpec {
  const values = series.flatMap(({ name, points }) => points.map(([x, y]) => ({ name, x, y })));
  const end = Math.max(...values.map(({ x }) => x), 0);
  const x =
    xStep === undefined
      ? { axis: {}, scale: { zero: true, nice: false } }
      : {
          axis: { values: stepsTo(end, xStep) },
          scale: { domain: [0, Math.ceil(end / xStep) * xStep] },
        };
  return {
    ...SIZE,
    title,
    layer: [
      {
        data: { values },
        mark: { type: 'line', strokeWidth: 1.8 },
        encoding: {
          x: { field: 'x', type: 'quantitative', title: xLabel, ...x },
          y: { field: 'y', type: 'quantitative', title: yLabel, scale: upTo(yMax) },
          color: colour(
            series.map(({ name }) => name),
            RAMP,
          ),
        },
      },
      ...(mark === undefined ? [] : levelOf(mark)),
    ],
  };
}

function barsOf({ title, xLabel, yLabel, categories, parts, yMax }: BarPanel): PanelSpec {
  const values = parts.flatMap(({ name, values }, order) =>
    categories.map((category, index) => ({ name, category, order, value: values[index] ?? 0 })),
  );
  const names = parts.map(({ name }) => name);
  return {
    ...SIZE,
    title,
    data: { values },
    mark: 'bar',
    encoding: {
      x: {
        field: 'category',
        type: 'nominal',
        sort: null, // as the data have them
        title: xLabel,
        axis: { labelAngle: 0 },
        scale: { paddingInner: 0.3, paddingOuter: 0.15 },
      },
      y: { field: 'value', type: 'quantitative', title: yLabel, scale: upTo(yMax) },
      color: colour(names, HUES),
      order: { field: 'order' }, // the first part lowest
    },
  };
}

/** A dashed line across the whole panel, with its name above its right end. */
function levelOf({ y, name }: { readonly y: number; readonly name: string }) {
  const data = { values: [{ y, name }] };
  const height = { field: 'y', type: 'quantitative' } as const;
  return [
    { data, mark: { type: 'rule', color: MARK, strokeDash: DASHES }, encoding: { y: height } },
    {
      data,
      mark: { type: 'text', color: MARK, align: 'right', baseline: 'bottom', dx: -4, dy: -3 },
      encoding: { x: { value: 'width' }, y: height, text: { field: 'name' } },
    },
  ] as const;
}

function colour(names: readonly string[], range: readonly string[]) {
  const scale = { domain: [...names], range: range.slice(0, names.length) };
  return { field: 'name', type: 'nominal', scale } as const;
}

function upTo(max: number | undefined) {
  return max === undefined ? { zero: true, nice: TICKS } : { domain: [0, max] };
}

function stepsTo(max: number, step: number): number[] {
  return Array.from({ length: Math.ceil(max / step) + 1 }, (_, index) => index * step);
}
