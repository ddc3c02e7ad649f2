// Pure: no I/O, no clock.

/** The directives of a request's `Cache-Control` (RFC 9111 section 5.2.1) that Postern acts on. */
export interface RequestCacheControl {
  readonly noCache: boolean;
  readonly noStore: boolean;
  readonly onlyIfCached: boolean;
  /** Seconds; `undefined` if the client sent no `max-age`. */
  readonly maxAgeSeconds: number | undefined;
}

const NOTHING_ASKED: RequestCacheControl = Object.freeze({
  noCache: false,
  noStore: false,
  onlyIfCached: false,
  maxAgeSeconds: undefined,
});

const MAX_AGE = /^(?:\d{1,10}|"\d{1,10}")$/;

/**
 * Reads a request's `Cache-Control`. Unknown directives are ignored, as RFC 9111 section 5.2.3 asks. A `max-age`
 * that is not a number of seconds counts as 0: a check too many is safe, a stale answer is not.
 */
export function readRequestCacheControl(header: string | null): RequestCacheControl {
  if (header === null) return NOTHING_ASKED;
  let [noCache, noStore, onlyIfCached] = [false, false, false];
  let maxAgeSeconds: number | undefined;
  for (const directive of header.split(',')) {
    const [rawName = '', rawValue = ''] = directive.split('=', 2);
    switch (rawName.trim().toLowerCase()) {
      case 'no-cache':
        noCache = true;
        break;
      case 'no-store':
        noStore = true;
        break;
      case 'only-if-cached':
        onlyIfCached = true;
        break;
      case 'max-age':
        maxAgeSeconds = Math.min(maxAgeSeconds ?? Infinity, readSeconds(rawValue.trim()));
        break;
    }
  }
  return { noCache, noStore, onlyIfCached, maxAgeSeconds };
}

function readSeconds(text: string): number {
  return MAX_AGE.test(text) ? Number(text.replaceAll('"', '')) : 0;
}

/**
 * The value in every answer of Postern's own, so that no cache on the way keeps the answer (RFC 9111 section 5.2.2).
 */
export const PRIVATE_NO_STORE = 'private, no-store';
