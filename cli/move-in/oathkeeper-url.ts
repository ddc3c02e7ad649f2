// No I/O, no clock.
import { failed, type Result, success } from '../../src/runtime/result.ts';
import { literal, product, type Reading, readGlob, readRegExp } from './expression-tokens.ts';
import { type MovedPaths, patternsOf } from './path-patterns.ts';

/** `match.url` of an access rule: `https://mydomain.com/<.*>`, with expressions between `<` and `>`. */
export interface UrlPattern {
  readonly scheme: 'http' | 'https';
  /** Empty if the pattern is for any host. */
  readonly hosts: readonly string[];
  readonly paths: MovedPaths;
}

export function readUrlPattern(
  source: string,
  strategy: 'regexp' | 'glob',
): Result<UrlPattern, string> {
  const readings = readingsOf(source, strategy);
  if (!readings.ok) return failed(`its URL has ${readings.failure}`);
  const hosts = new Set<string>();
  const schemes = new Set<string>();
  const paths: Reading[] = [];
  for (const reading of readings.value) {
    const parts = partsOf(reading);
    if (parts === undefined) return failed('its URL does not begin with "http://" or "https://"');
    schemes.add(parts.scheme);
    if (parts.host === undefined) return failed('its URL has a pattern in the host');
    hosts.add(parts.host);
    paths.push(parts.path);
  }
  const moved = patternsOf(paths);
  if (!moved.ok) return failed(`in its path, ${moved.failure}`);
  const scheme = schemes.has('https') ? 'https' : 'http';
  return success({ scheme, hosts: [...hosts], paths: moved.value });
}

function readingsOf(source: string, strategy: 'regexp' | 'glob'): Result<Reading[], string> {
  const read = strategy === 'glob' ? readGlob : readExpression;
  const parts: Reading[][] = [];
  for (const [, text, expression] of source.matchAll(/([^<]+)|<((?:[^<>]|\(\?<[^<>]*>)*)>/g)) {
    const part = text === undefined ? read(expression ?? '') : success([literal(text)]);
    if (!part.ok) return part;
    parts.push(part.value);
  }
  return success(product(parts));
}

/** The expressions are parts of one that is anchored at both ends, so their own anchors change nothing. */
function readExpression(source: string): Result<Reading[], string> {
  return readRegExp(source.replace(/^\^/, '').replace(/\$$/, ''));
}

function partsOf(
  reading: Reading,
): { scheme: 'http' | 'https'; host: string | undefined; path: Reading } | undefined {
  const text = reading.map((token) => (token.kind === 'char' ? token.char : '\0')).join('');
  const [start = '', scheme, host = ''] = /^(https?):\/\/([^/]*)/.exec(text) ?? [];
  if (scheme !== 'http' && scheme !== 'https') return undefined;
  return {
    scheme,
    host: host.includes('\0') ? undefined : host,
    path: reading.slice(start.length),
  };
}
