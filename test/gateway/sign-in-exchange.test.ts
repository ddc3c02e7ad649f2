/** Rules with `exchange`, for browsers that signed in at the zone. */
import { expect, it } from 'vitest';
import { header } from '../support/raw-http.ts';
import { Browser, CLIENT_ID, startSignInSite } from './sign-in-site.ts';

const API = 'https://api.example.com';

it('the origin gets a token for the resource, exchanged from the browser’s sealed token', async () => {
  await using site = await startSignInSite({
    vars: { RULES: [{ path: '/api/*', session: 'required', exchange: API }] },
  });
  const browser = new Browser(site.port);
  expect((await browser.signIn()).status).toBe(303);
  await site.origin.clearCalls();
  for (let count = 0; count < 2; count += 1) {
    const response = await browser.get('/api/x');
    expect([response.status, header(response, 'postern-reason')]).toEqual([200, undefined]);
  }
  const { requests } = await site.origin.calls();
  const tokens = requests.map(
    ({ headers }) => headers.find(([name]) => name === 'authorization')?.[1],
  );
  expect([tokens.length, new Set(tokens).size]).toEqual([2, 1]);
  const [, payload = ''] = (tokens[0] ?? '').split('.');
  expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({
    sub: 'user-1',
    aud: API,
    client_id: CLIENT_ID,
  });
  const exchanges = await site.keycard.exchanges();
  expect(exchanges).toHaveLength(1);
  expect(exchanges[0]?.form.subject_token).toMatch(/^eyJ/);
  expect(JSON.stringify(requests)).not.toContain(exchanges[0]?.form.subject_token);
});

it.each([
  ['before', -20],
  ['after', 20],
])(
  'a sign-in that is refreshed %s its token expires is exchanged, and its new cookies reach the browser',
  async (_, offset) => {
    await using site = await startSignInSite({
      vars: { RULES: [{ path: '/api/*', session: 'required', exchange: API }] },
    });
    await site.keycard.control({ ttlSeconds: 600 });
    const browser = new Browser(site.port);
    expect((await browser.signIn()).status).toBe(303);
    await site.clock.advance((600 + offset) * 1000);
    const response = await browser.get('/api/x', { Accept: 'application/json' });
    expect([response.status, header(response, 'postern-reason')]).toEqual([200, undefined]);
    // The old cookies are good for 30 s more.
    await site.clock.advance(60_000);
    expect((await browser.get('/api/x', { Accept: 'application/json' })).status).toBe(200);
  },
);
