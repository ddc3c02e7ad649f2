// Pure: no I/O, no clock.

/**
 * Kratos's `Link` header of a keyset-paged list with every target moved to where that list stands here. Kratos
 * writes relative targets; only their queries are taken over, whatever path or host they name.
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
