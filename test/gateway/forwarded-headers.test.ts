/** `FORWARDED_HEADERS`: what an operator lets through, and what stays held back beside it. */

import { describe, expect, it } from 'vitest';
import { forAllTests, gateForAllTests } from '../support/for-all-tests.ts';
import { startNodeOrigin } from '../support/node-origin.ts';
import { get, header, type RawHeaders } from '../support/raw-http.ts';

const origin = await forAllTests(
  startNodeOrigin((_, response) => {
    response.writeHead(200, { 'X-Auth-Token': 'of-the-site', 'X-Webauth-User': 'of-the-site' });
    response.end('ok\n');
  }),
);
const gate = await gateForAllTests({
  origin,
  vars: {
    IDENTITY_HEADERS: { 'X-Person': 'identity.id' },
    // Rocket.Chat's REST API and grpc-web
    FORWARDED_HEADERS: ['X-Auth-Token', 'X-User-Id', 'X-User-Agent'],
    RULES: [
      { path: '/grafana/*', session: 'required', forwarded_headers: ['X-WEBAUTH-USER'] },
      { path: '/public/*', session: 'none' },
      { path: '/maybe/*', session: 'optional' },
    ],
  },
});
const { cookie, session } = await gate.kratos.createSession();
const identityId = session.identity.id;

/** The headers the origin received that hold this value, names as sent. */
async function holding(value: string, path: string, headers: RawHeaders): Promise<string[]> {
  origin.take();
  const answer = await get(gate.port, path, { ...headers, Cookie: cookie });
  expect([path, answer.status]).toEqual([path, 200]);
  const [arrived] = origin.take();
  return (arrived?.headers ?? []).flatMap(([name, each]) => (each === value ? [name] : []));
}

describe('configured forwarded headers', () => {
  it('H23: reach the origin on every path, beside Postern’s headers', async () => {
    const sent = { 'X-Auth-Token': 'mine', 'X-User-Id': 'mine', 'X-User-Agent': 'mine' };
    for (const path of ['/required/x', '/public/x', '/maybe/x', '/grafana/x']) {
      const names = await holding('mine', path, sent);
      expect([path, names.sort()]).toEqual([path, ['X-Auth-Token', 'X-User-Agent', 'X-User-Id']]);
    }
    expect(await holding(identityId, '/required/x', sent)).toEqual(['X-Person']);
  });

  it('H23: of a rule pass on its paths alone', async () => {
    const sent = { 'X-WEBAUTH-USER': 'mine' };
    expect(await holding('mine', '/grafana/x', sent)).toEqual(['X-WEBAUTH-USER']);
    for (const path of ['/required/x', '/public/x', '/maybe/x'])
      expect([path, await holding('mine', path, sent)]).toEqual([path, []]);
  });

  it('H23: pass back from the site too, because a client with a token received it there', async () => {
    const elsewhere = await get(gate.port, '/required/x', { Cookie: cookie });
    expect(header(elsewhere, 'x-auth-token')).toBe('of-the-site');
    expect(header(elsewhere, 'x-webauth-user')).toBeUndefined();
    const answer = await get(gate.port, '/grafana/x', { Cookie: cookie });
    expect(header(answer, 'x-webauth-user')).toBe('of-the-site');
  });

  it('H24: pass in the spelling with dashes only: CGI and WSGI read every other spelling as the same name', async () => {
    const spellings = [
      'X_Auth_Token',
      'X.User.Id',
      'X-User_Id',
      'X--User-Id',
      '_X-User-Id',
      'X-User-Id-',
    ];
    for (const name of spellings)
      for (const path of ['/required/x', '/public/x', '/grafana/x'])
        expect([name, await holding('mine', path, { [name]: 'mine' })]).toEqual([name, []]);
  });

  it('H24: open no other name of their family', async () => {
    const others = {
      'X-User': 'mine',
      'X-User-Email': 'mine',
      'X-Auth-User': 'mine',
      'X-Person': 'mine',
      'X-Session-Token': 'mine',
      'X-Forwarded-For': 'mine',
    };
    const { 'X-Session-Token': _, ...withCookie } = others;
    expect(await holding('mine', '/required/x', withCookie)).toEqual([]);
    expect(await holding('mine', '/public/x', others)).toEqual([]);
  });
});
