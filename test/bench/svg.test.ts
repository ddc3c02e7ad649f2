import { expect, test } from 'vitest';
import { figure, type Panel } from '../../bench/simulate/chart.ts';
import { element, svgDocument, text } from '../../bench/simulate/svg.ts';

const HOSTILE = `a < b & "c" > 'd' ]]> <script>`;

const LINES: Panel = {
  kind: 'lines',
  title: HOSTILE,
  xLabel: HOSTILE,
  yLabel: HOSTILE,
  series: [
    { name: HOSTILE, points: [[0, 0], [1, 5], [2, 3]] }, // biome-ignore format: points read better side by side
    { name: 'none', points: [] },
  ],
  mark: { y: 4, name: HOSTILE },
};
const BARS: Panel = {
  kind: 'bars',
  title: 'bars',
  xLabel: '',
  yLabel: 'y',
  categories: ['one', HOSTILE],
  parts: [
    { name: 'a', values: [1, 2] },
    { name: 'b', values: [0, 0] },
  ],
};

test('a figure is a well-formed document, whatever its texts are', () => {
  const document = figure(HOSTILE, [LINES, BARS]);
  expect(problemOf(document)).toBeUndefined();
  expect(document).not.toContain('<script');
});

test('a figure of nothing is a well-formed document', () => {
  const empty = { kind: 'lines', title: '', xLabel: '', yLabel: '', series: [] } as const;
  const noBars = { ...BARS, categories: [], parts: [] };
  expect(problemOf(figure('', [empty, noBars]))).toBeUndefined();
});

test('every line has a point for each of its values, and higher values are higher up', () => {
  const document = figure('', [LINES]);
  const points = /<polyline points="([^"]+)"/.exec(document)?.[1]?.split(' ') ?? [];
  const heights = points.map((point) => Number(point.split(',')[1]));
  expect(heights).toHaveLength(3);
  const [first = 0, second = 0, third = 0] = heights;
  expect(second).toBeLessThan(third);
  expect(third).toBeLessThan(first);
});

test('what would not be well-formed is refused', () => {
  expect(() => element('no good', {})).toThrow('"no good"');
  expect(() => element('rect', { 'x" onload="': 1 })).toThrow('is no name in SVG');
  expect(() => element('rect', { x: Number.NaN })).toThrow('not a number');
});

test('the checker of this test sees what is wrong', () => {
  const good = svgDocument({ width: 1, height: 1, title: 't' }, text('a & b', { x: 1 }));
  expect(problemOf(good)).toBeUndefined();
  expect(problemOf(good.replace('</text>', ''))).toBeDefined();
  expect(problemOf(good.replace('&amp;', '&'))).toBeDefined();
  expect(problemOf(good.replace('x="1"', 'x=1'))).toBeDefined();
  expect(problemOf(`${good}<g/>`)).toBeDefined();
});

/** What keeps a text from being well-formed XML of the kind written here; `undefined` when nothing does. */
function problemOf(document: string): string | undefined {
  const open: string[] = [];
  let isOver = false;
  for (const [piece, tag, characters] of document.trim().matchAll(/(<[^>]*>?)|([^<]+)/g)) {
    if (isOver) return `after the end: ${piece}`;
    if (characters !== undefined) {
      if (open.length === 0 || !hasOnlyEntities(characters)) return `text: ${characters}`;
      continue;
    }
    const read = /^<(\/?)([a-zA-Z][\w-]*)((?: [a-zA-Z][\w:-]*="[^"<]*")*)(\/?)>$/.exec(tag ?? '');
    if (read === null) return `tag: ${tag}`;
    const [, closing, name = '', attributes = '', selfClosing] = read;
    if (!hasOnlyEntities(attributes)) return `attributes: ${attributes}`;
    const names = [...attributes.matchAll(/ ([\w:-]+)=/g)].map(([, attribute]) => attribute);
    if (new Set(names).size !== names.length) return `twice: ${attributes}`;
    if (closing === '/' && open.pop() !== name) return `not open: ${name}`;
    if (closing !== '/' && selfClosing !== '/') open.push(name);
    isOver = open.length === 0;
  }
  return open.length === 0 ? undefined : `never closed: ${open.join(', ')}`;
}

function hasOnlyEntities(characters: string): boolean {
  return !/&(?!(?:amp|lt|gt|quot);)/.test(characters);
}
