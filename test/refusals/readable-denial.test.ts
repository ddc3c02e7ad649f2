import { describe, expect, it } from 'vitest';
import { makeReadable } from '../../src/refusals/readable-denial.ts';

const SPA = 'https://spa.example';
const DESK = 'https://desk.example';

/** The CORS headers of an answer, and `Vary`, by their names in the Fetch standard. */
function told(origins: string[], origin: string | undefined, status = 401) {
  const request = { headers: new Headers(origin === undefined ? {} : { origin }) };
  const { headers } = makeReadable(new Response(null, { status }), request, new Set(origins));
  return {
    origin: headers.get('access-control-allow-origin'),
    credentials: headers.get('access-control-allow-credentials'),
    exposed: headers.get('access-control-expose-headers'),
    vary: headers.get('vary'),
  };
}

const UNREADABLE = { origin: null, credentials: null, exposed: null, vary: null };

// Fetch standard, "CORS protocol and HTTP caches": what depends on Origin varies on it, also without the header.
describe('makeReadable()', () => {
  it.each([[[SPA]], [[SPA, DESK]]])(
    'lets a page of the rule’s origins read the answer: %j',
    (origins) => {
      expect(told(origins, SPA)).toEqual({
        origin: SPA,
        credentials: 'true',
        exposed: 'WWW-Authenticate, Postern-Reason, Retry-After',
        vary: 'Origin',
      });
    },
  );

  it.each([DESK, 'null', `${SPA}/`, SPA.toUpperCase(), undefined])(
    'lets no other page read the answer: %j',
    (origin) => expect(told([SPA], origin)).toEqual({ ...UNREADABLE, vary: 'Origin' }),
  );

  it('adds no headers if the rule names no origin', () => {
    expect(told([], SPA)).toEqual(UNREADABLE);
  });

  it('keeps redirects unreadable, and makes all other answers readable', () => {
    for (const status of [300, 302, 303, 399]) {
      expect([status, told([SPA], SPA, status)]).toEqual([status, UNREADABLE]);
    }
    for (const status of [299, 400, 403, 503])
      expect([status, told([SPA], SPA, status).origin]).toEqual([status, SPA]);
  });
});
