// Pure: no I/O, no clock.

/**
 * Rewrites Kratos's `Link` header of a keyset-paged list: every target gets the path of that list at Postern. Kratos
 * writes relative targets. Only their queries are kept; a path or host that they name is dropped.
 */
export function moveLinks(header: string, path: string): string {
  const links = [...header.matchAll(/<([^>]*)>\s*;\s*rel="([a-z]+)"/g)];
  return links
    .map(([, target = '', relation]) => `<${path}${queryOf(target)}>; rel="${relation}"`)
    .join(',');
}

function queryOf(target: string): string {
  const start = target.indexOf('?');
  return start < 0 ? '' : target.slice(start);
}
