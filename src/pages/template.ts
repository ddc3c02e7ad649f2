// No I/O, no clock.

/** The parts of a page that a template can hold, as `{{name}}`. */
export const PARTS = [
  'content',
  'title',
  'lang',
  'dir',
  'style',
  'brand',
  'site_name',
  'support',
] as const;

export type Part = (typeof PARTS)[number];

/** Matches in linear time: the white space around a name is trimmed afterwards. */
const PLACEHOLDER = /\{\{([^{}]*)\}\}/g;

/** Returns whether a template has the content once, and no placeholder of another name. */
export function isTemplate(text: string): boolean {
  const names = [...text.matchAll(PLACEHOLDER)].map(([, name = '']) => name.trim());
  return (
    names.filter((name) => name === 'content').length === 1 &&
    names.every((name) => PARTS.some((part) => part === name))
  );
}

/** Puts the parts of a page, each of them HTML, into a template. */
export function fillTemplate(template: string, parts: Readonly<Record<Part, string>>): string {
  return template.replace(PLACEHOLDER, (placeholder, inner: string) => {
    const name = inner.trim();
    return Object.hasOwn(parts, name) ? parts[name as Part] : placeholder; // its own key
  });
}
