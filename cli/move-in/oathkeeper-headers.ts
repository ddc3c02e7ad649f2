// No I/O, no clock.

const NAME = /^[A-Za-z][A-Za-z0-9-]*$/;
/** `{{ print .Subject }}` and `{{ print .Extra.identity.traits.email }}`, with and without `print`. */
const TEMPLATE = /^\{\{-?\s*(?:print\s+)?\.(Subject|Extra((?:\.[A-Za-z_]\w*)+))\s*-?\}\}$/;

export function isHeaderName(name: string): boolean {
  return NAME.test(name);
}

/**
 * Returns the place in the session that a template of the mutator "header" prints; `undefined` for any other template.
 * With Kratos, `.Subject` is `identity.id` and `.Extra` is the session (`subject_from`, `extra_from`).
 */
export function placeOf(template: string): string | undefined {
  const [, what, path] = TEMPLATE.exec(template.trim()) ?? [];
  return what === 'Subject' ? 'identity.id' : path?.slice(1);
}
