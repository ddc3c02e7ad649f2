import { describe, expect, it } from 'vitest';
import { forAllTests, gateForAllTests } from '../support/for-all-tests.ts';
import { ODD_STRINGS } from '../support/hostile-input/odd-strings.ts';
import { sendAll } from '../support/keep-alive.ts';
import { startNodeOrigin } from '../support/node-origin.ts';
import { header, request } from '../support/raw-http.ts';

const IDENTITY_HEADERS = {
  'X-User-Id': 'identity.id',
  'X-User-Email': 'identity.traits.email',
  'X-Display': 'identity.traits.display',
};

describe('the identity that a Node origin receives', async () => {
  const origin = await forAllTests(startNodeOrigin());
  const gate = await gateForAllTests({
    origin,
    vars: {
      IDENTITY_HEADERS,
      RULES: [
        { path: '/trusted/*', session: 'required', forward_credentials: true },
        { path: '/open/*', session: 'optional' },
      ],
    },
  });

  it('H9: a list arrives as its items, each encoded, and an address keeps its characters', async () => {
    const { cookie } = await gate.kratos.createSession({
      traits: { email: 'a@evil@corp.com', display: ['a,admin', 'b'] },
    });
    origin.take();
    await request(gate.port, { target: '/in', headers: { Cookie: cookie } });
    const [seen] = origin.take();
    expect(seen?.headers).toContainEqual(['X-Display', 'a%2Cadmin,b']);
    expect(seen?.headers).toContainEqual(['X-User-Email', 'a@evil@corp.com']);
  });

  it('H10: a value of 64 KiB is dropped whole, the id stays, and the log reports it', async () => {
    const { cookie, session } = await gate.kratos.createSession({
      traits: { email: 'a@b.example', display: 'x'.repeat(65_536) },
    });
    origin.take();
    gate.clearLogs();
    expect((await request(gate.port, { target: '/in', headers: { Cookie: cookie } })).status).toBe(
      200,
    );
    const [seen] = origin.take();
    const sent = new Map((seen?.headers ?? []).map(([name, value]) => [name.toLowerCase(), value]));
    expect([sent.get('x-user-id'), sent.has('x-display')]).toEqual([session.identity.id, false]);
    expect((await gate.logs()).join()).toContain('"detail":"omitted X-Display"');
  });

  it('H11, H12: claims of the client about itself do not arrive', async () => {
    const { cookie } = await gate.kratos.createSession();
    const spoofed = [
      'Forwarded',
      'X-Forwarded-For',
      'X-Forwarded-Host',
      'X-Forwarded-Proto',
      'X-Forwarded-Port',
      'X-Real-IP',
      'X-Client-IP',
      'True-Client-IP',
      'CF-Connecting-IP',
    ];
    origin.take();
    const headers = [
      ...spoofed.map((name) => [name, '6.6.6.6'] as const),
      ['Cookie', cookie] as const,
    ];
    expect((await request(gate.port, { target: '/in', headers })).status).toBe(200);
    const [seen] = origin.take();
    expect(JSON.stringify(seen?.headers)).not.toContain('6.6.6.6');
    expect(seen?.headers).toContainEqual(['x-forwarded-proto', 'https']);
  });

  it('H7, H8: every odd trait arrives in a reversible encoding, and no origin refuses it', async () => {
    const texts = [
      ...ODD_STRINGS.map((bytes) => Buffer.from(bytes).toString('utf8')),
      'a\r\nX-Admin: 1',
      'caf\u00e9',
      '\u000b\u007f',
      '\ud800',
    ].filter((text) => text !== '');
    const refusedBefore = origin.refused();
    const sessions = [];
    for (const display of texts)
      sessions.push({
        display,
        ...(await gate.kratos.createSession({ traits: { email: 'a@b.example', display } })),
      });
    origin.take();
    await sendAll(
      gate.port,
      sessions,
      ({ cookie }) => ({ target: '/in', headers: { Cookie: cookie } }),
      ({ display }, { status }) => expect([display, status]).toEqual([display, 200]),
    );
    const arrived = origin.take().map(({ headers }) => {
      expect(headers.some(([name]) => /^x-admin$/i.test(name))).toBe(false);
      return decodeURIComponent(headers.find(([name]) => name === 'X-Display')?.[1] ?? '');
    });
    expect(arrived.sort()).toEqual(texts.map((text) => text.toWellFormed()).sort());
    expect(origin.refused()).toBe(refusedBefore);
  }, 60_000);

  it('H13: the session credential is dropped, and every other cookie arrives byte for byte', async () => {
    const { cookie, token } = await gate.kratos.createSession();
    const others = 'a=1; b="x,y"; c=%20=;d';
    for (const headers of [
      { Cookie: `${others}; ${cookie}; __Host-postern-turns=1.abc` },
      { 'X-Session-Token': token, Cookie: others },
      { Authorization: `Bearer ${token}`, Cookie: others },
    ]) {
      origin.take();
      expect((await request(gate.port, { target: '/in', headers })).status).toBe(200);
      const sent = JSON.stringify(origin.take());
      expect(sent).toContain(JSON.stringify(others).slice(1, -1));
      expect(sent).not.toContain(token);
      expect(sent).not.toContain(cookie.split('=', 2)[1]);
      expect(sent).not.toContain('postern-turns');
    }
    expect((await gate.logs()).join()).not.toContain(token);
  });

  it('P21: a method override is neither followed nor forwarded', async () => {
    const { cookie } = await gate.kratos.createSession();
    const override = {
      'X-HTTP-Method-Override': 'DELETE',
      'X-HTTP-Method': 'OPTIONS',
      'X-Method-Override': 'PUT',
    };
    expect(
      (await request(gate.port, { target: '/in?_method=OPTIONS', headers: override })).status,
    ).toBe(401);
    origin.take();
    await request(gate.port, {
      target: '/in?_method=DELETE',
      headers: { ...override, Cookie: cookie },
    });
    const [seen] = origin.take();
    expect(seen?.method).toBe('GET');
    expect(JSON.stringify(seen?.headers)).not.toMatch(/override|x-http-method/i);
  });

  it('D7: 32 KiB of cookies are refused here with 431, and do not reach the origin', async () => {
    const { cookie } = await gate.kratos.createSession();
    const headers = { Cookie: `${cookie}; bomb=${'x'.repeat(32_768)}` };
    origin.take();
    const answer = await request(gate.port, { target: '/in', headers });
    expect([answer.status, header(answer, 'postern-reason')]).toEqual([431, 'headers_too_large']);
    expect(origin.take()).toEqual([]);
  });

  it('passes traceparent on', async () => {
    const { cookie } = await gate.kratos.createSession();
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    origin.take();
    await request(gate.port, { target: '/in', headers: { Cookie: cookie, traceparent } });
    expect(
      origin.take()[0]?.headers.find(([name]) => name.toLowerCase() === 'traceparent')?.[1],
    ).toBe(traceparent);
  });

  it('forward_credentials: the origin of such a path gets the credential unchanged', async () => {
    const { cookie, token } = await gate.kratos.createSession();
    const ways: [Record<string, string>, string][] = [
      [{ Cookie: `a=1; ${cookie}` }, `a=1; ${cookie}`],
      [{ 'X-Session-Token': token }, token],
      [{ Authorization: `Bearer ${token}` }, `Bearer ${token}`],
    ];
    for (const [headers, credential] of ways) {
      origin.take();
      expect((await request(gate.port, { target: '/trusted/x', headers })).status).toBe(200);
      expect(origin.take()[0]?.headers.map(([, value]) => value)).toContain(credential);
    }
  });
});
