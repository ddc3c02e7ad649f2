import { expect, test } from 'vitest';
import { draw, type Panel } from '../../bench/simulate/figure.ts';

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

test('a figure with any text is a well-formed document', async () => {
  const document = await figure([LINES, BARS], HOSTILE);
  expect(problemOf(document)).toBeUndefined();
  expect(document).not.toContain('<script');
});

test('an empty figure is a well-formed document', async () => {
  const empty = { kind: 'lines', title: '', xLabel: '', yLabel: '', series: [] } as const;
  const noBars = { ...BARS, categories: [], parts: [] };
  expect(problemOf(await figure([empty, noBars]))).toBeUndefined();
});

test('a figure is an image with a name and a description, on a white ground', async () => {
  const document = await figure([BARS], "Cloudflare's $' bill");
  expect(document).toMatch(
    /^<svg role="img" [^>]*><title>Cloudflare's \$' bill<\/title><desc>d<\/desc>/,
  );
  expect(document).toMatch(/<rect width="\d+" height="\d+" fill="#fff"\/>/);
});

test('the same figure is drawn to the same bytes', async () => {
  expect(await figure([LINES, BARS])).toBe(await figure([LINES, BARS]));
});

test('every line has a point for each of its values, and higher values are higher up', async () => {
  const document = await figure([LINES]);
  const path = /<path [^>]*\bd="([^"]+)"[^>]*stroke="#fdb863"/.exec(lineMarks(document))?.[1] ?? '';
  const heights = path.split(/[ML]/).slice(1).map((point) => Number(point.split(',')[1])); // biome-ignore format: one line
  expect(heights).toHaveLength(3);
  const [first = 0, second = 0, third = 0] = heights;
  expect(second).toBeLessThan(third);
  expect(third).toBeLessThan(first);
});

test('bars stand on each other in the order of their parts, each as high as its value', async () => {
  const parts = [
    { name: 'z', values: [1] },
    { name: 'a', values: [3] },
  ];
  const document = await figure([{ ...BARS, categories: ['one'], parts, yMax: 4 }]);
  const [, bars = ''] = document.split('class="mark-rect role-mark');
  const [lower, upper] = [...bars.matchAll(/d="M[\d.]+,([\d.]+)h[\d.]+v([\d.]+)/g)].map(
    ([, top, height]) => ({ top: Number(top), height: Number(height) }),
  );
  expect(upper?.height).toBeCloseTo(3 * (lower?.height ?? 0));
  expect((upper?.top ?? 0) + (upper?.height ?? 0)).toBeCloseTo(lower?.top ?? 0);
  expect(upper?.top).toBeCloseTo(0);
});

test('control: the checker of this test finds malformed documents', async () => {
  const good = await figure([{ ...BARS, title: 'a & b' }]);
  expect(problemOf(good)).toBeUndefined();
  expect(problemOf(good.replace('</text>', ''))).toBeDefined();
  expect(problemOf(good.replace('&amp;', '&'))).toBeDefined();
  expect(problemOf(good.replace('role="img"', 'role=img'))).toBeDefined();
  expect(problemOf(`${good}<g/>`)).toBeDefined();
});

function figure(panels: readonly Panel[], heading = 'h'): Promise<string> {
  return draw({ heading, description: heading === HOSTILE ? HOSTILE : 'd', panels });
}

function lineMarks(document: string): string {
  return document.slice(document.indexOf('class="mark-line role-mark'));
}

/** Returns the first violation of well-formed XML of the kind written here, or `undefined`. */
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
