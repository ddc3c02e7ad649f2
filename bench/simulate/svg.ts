// Pure: no I/O, no clock.

type Attributes = Readonly<Record<string, string | number>>;

/** A piece of SVG that is well-formed by construction. */
export interface SvgNode {
  readonly markup: string;
}

const NAME = /^[a-z][a-zA-Z0-9-]*$/;

export function element(name: string, attributes: Attributes, ...children: SvgNode[]): SvgNode {
  const names = [name, ...Object.keys(attributes)];
  const wrong = names.find((candidate) => !NAME.test(candidate));
  if (wrong !== undefined) throw new Error(`"${wrong}" is no name in SVG`);
  const written = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${escapeText(format(value))}"`)
    .join('');
  const inner = children.map(({ markup }) => markup).join('');
  return {
    markup: inner === '' ? `<${name}${written}/>` : `<${name}${written}>${inner}</${name}>`,
  };
}

export function text(content: string, attributes: Attributes): SvgNode {
  const node = element('text', attributes, { markup: escapeText(content) });
  return node;
}

/** A whole document, with a name for those who cannot see it. */
export function svgDocument(
  {
    width,
    height,
    title,
  }: { readonly width: number; readonly height: number; readonly title: string },
  ...children: SvgNode[]
): string {
  const attributes = {
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    role: 'img',
    'font-family': 'DejaVu Sans, Verdana, sans-serif',
    'font-size': 11,
    fill: '#222',
  };
  const background = element('rect', { width, height, fill: '#fff' });
  const name = element('title', {}, { markup: escapeText(title) });
  const root = element('svg', attributes, name, background, ...children);
  return `${root.markup.replace('<svg', '<svg xmlns="http://www.w3.org/2000/svg"')}\n`;
}

function format(value: string | number): string {
  if (typeof value === 'string') return value;
  if (!Number.isFinite(value)) throw new Error('a coordinate is not a number');
  return String(Math.round(value * 100) / 100);
}

function escapeText(content: string): string {
  return content
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
