import { describe, expect, it } from 'vitest';
import { errorResponse } from '../../src/errors/error-response.ts';
import type { Reason } from '../../src/errors/reasons.ts';
import { SitePages } from '../../src/pages/site-pages.ts';
import { errorPageOrJson, pageForPerson } from '../../src/refusals/error-page.ts';

const asker = (method = 'GET', mode = 'navigate') => ({
  method,
  headers: new Headers({ 'sec-fetch-mode': mode, 'sec-fetch-dest': 'document' }),
});

const PAGES = new SitePages(
  {},
  {
    reportBug: (error) => expect.fail(String(error)),
    now: () => 0,
  },
);

describe('errorPageOrJson()', () => {
  // A fault passes, and a request with fewer cookies or headers can pass (RFC 6585 section 5).
  it.each<[string, Reason, string]>([
    ['Try again', 'store_unavailable', 'GET'],
    ['Try again', 'store_unavailable', 'HEAD'],
    ['Go to the start page', 'store_unavailable', 'POST'],
    ['Try again', 'headers_too_large', 'GET'],
    ['Go to the start page', 'not_found', 'GET'],
  ])('offers %j for %s after %s', async (label, reason, method) => {
    const page = await errorPageOrJson(errorResponse(reason), asker(method), PAGES);
    const text = await page.text();
    expect(text).toContain(label);
    expect(text.includes('Try again')).toBe(label === 'Try again');
  });
});

describe('pageForPerson()', () => {
  const json = (status: number) =>
    new Response('{"error":"of the store"}', {
      status,
      headers: { 'content-type': 'application/json' },
    });

  it.each([400, 404, 500])(
    'gives a browser a page instead of JSON with status %i',
    async (status) => {
      const page = await pageForPerson(json(status), asker(), PAGES);
      expect([page.status, page.headers.get('content-type')]).toEqual([
        status,
        expect.stringMatching(/^text\/html/),
      ]);
      expect(await page.text()).not.toContain('of the store');
    },
  );

  // RFC 9110 section 15.5.11: a 410 is a 404 that is known to last.
  it.each([
    [404, 'not_found'],
    [410, 'not_found'],
    [400, 'upstream_not_valid'],
  ])('names the reason of status %i: %s', async (status, reason) => {
    expect(await (await pageForPerson(json(status), asker(), PAGES)).text()).toContain(reason);
  });

  it('leaves a success, and an answer to a program, unchanged', async () => {
    for (const [status, mode] of [
      [200, 'navigate'],
      [399, 'navigate'],
      [400, 'cors'],
    ] as const) {
      const answer = json(status);
      expect(await pageForPerson(answer, asker('GET', mode), PAGES)).toBe(answer);
    }
  });
});
