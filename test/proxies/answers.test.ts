import { expect, it } from 'vitest';
import { header, headerValues } from '../support/raw-http.ts';
import { describeEachProxy, HOST, PAGE, SECRET, SPA, valuesOf } from './world.ts';

const KRATOS = 'https://auth.example.com';
const HANDSHAKE = {
  Connection: 'keep-alive, Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
};
/** The answer to this key by RFC 6455 section 1.3. */
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

describeEachProxy((behind) => {
  it('F25: sends a person to sign in and back', async () => {
    const { ask, site } = behind();
    const target = '/members/list?a=1&b=%20c&return_to=https://evil.example';
    const challenge = await ask(target, PAGE);
    expect(challenge.status).toBe(302);
    const location = new URL(header(challenge, 'location') ?? '');
    expect(location.origin + location.pathname).toBe(`${KRATOS}/self-service/login/browser`);
    expect([...location.searchParams]).toEqual([['return_to', `https://${HOST}${target}`]]);
    expect(headerValues(challenge, 'cache-control')).toEqual(['private, no-store']);
    expect(headerValues(challenge, 'set-cookie')).toHaveLength(1);
    expect(site.take()).toEqual([]);
  });

  it('F25: gives a program the reason, once', async () => {
    const { ask, site } = behind();
    const refused = await ask('/members');
    expect([refused.status, JSON.parse(refused.text)]).toMatchObject([
      401,
      { error: { id: 'session_inactive', code: 401 } },
    ]);
    expect(headerValues(refused, 'content-type')).toEqual(['application/json']);
    expect(headerValues(refused, 'www-authenticate')).toEqual(['Bearer']);
    expect(headerValues(refused, 'postern-reason')).toEqual(['credential_missing']);
    expect(headerValues(refused, 'cache-control')).toEqual(['private, no-store']);
    expect(site.take()).toEqual([]);
  });

  it('F25: asks for a second factor if the rule requires one', async () => {
    const { ask, gate, cookie } = behind();
    const program = await ask('/vault/x', { Cookie: cookie });
    expect([program.status, JSON.parse(program.text)]).toMatchObject([
      403,
      {
        error: { id: 'session_aal2_required' },
        redirect_browser_to: expect.stringContaining('aal=aal2'),
      },
    ]);
    const person = await ask('/vault/x', { Cookie: cookie, ...PAGE });
    expect(person.status).toBe(302);
    const { searchParams } = new URL(header(person, 'location') ?? '');
    expect([searchParams.get('aal'), searchParams.get('return_to')]).toEqual([
      'aal2',
      `https://${HOST}/vault/x`,
    ]);
    const high = await gate.kratos.createSession({ aal: 'aal2' });
    expect((await ask('/vault/x', { Cookie: high.cookie })).text).toBe('site:0');
  });

  it('F25: shows a refused person a page, and a program JSON', async () => {
    const { ask, cookie, site } = behind();
    const page = await ask('/staff/x', { Cookie: cookie, ...PAGE });
    expect([page.status, header(page, 'content-type')]).toEqual([403, 'text/html; charset=utf-8']);
    expect(page.text).toContain('condition_not_met');
    const json = await ask('/staff/x', { Cookie: cookie });
    expect([json.status, JSON.parse(json.text)]).toMatchObject([
      403,
      { error: { id: 'condition_not_met' } },
    ]);
    expect(site.take()).toEqual([]);
  });

  it('F25: lets pages of a rule’s origins read a refusal', async () => {
    const { ask } = behind();
    const refused = await ask('/api/x', { Origin: SPA, 'Sec-Fetch-Mode': 'cors' });
    expect([refused.status, headerValues(refused, 'access-control-allow-origin')]).toEqual([
      401,
      [SPA],
    ]);
    const other = await ask('/api/x', { Origin: 'https://evil.example', 'Sec-Fetch-Mode': 'cors' });
    expect([other.status, headerValues(other, 'access-control-allow-origin')]).toEqual([401, []]);
  });

  it('F26: answers 503 for an unreachable store, and never a verdict', async () => {
    const { ask, gate, kind, site } = behind();
    const unknown = await gate.kratos.createSession();
    await gate.kratos.control({ whoami: { status: 500, body: 'no' } });
    for (const headers of [{}, PAGE]) {
      const fault = await ask('/members', { Cookie: unknown.cookie, ...headers });
      expect([fault.status, header(fault, 'location')]).toEqual([503, undefined]);
      // Envoy makes an answer of its own.
      if (kind.name !== 'Envoy') expect(header(fault, 'retry-after')).toBe('2');
    }
    await gate.kratos.reset();
    expect(site.take()).toEqual([]);
  });

  it('F12: opens a WebSocket for pages of the site only', async () => {
    const { ask, cookie, identityId, site } = behind();
    const own = { ...HANDSHAKE, Cookie: cookie, Origin: `https://${HOST}` };
    const opened = await ask('/members/socket', own);
    expect([opened.status, header(opened, 'sec-websocket-accept')]).toEqual([101, ACCEPT]);
    expect(JSON.stringify(site.take())).toContain(identityId);
    for (const changed of [
      { Origin: 'https://evil.example' },
      { Origin: 'null' },
      { Origin: `https://${HOST}.evil.example` },
      { Origin: `http://${HOST}` },
    ]) {
      const refused = await ask('/members/socket', { ...own, ...changed });
      expect([changed.Origin, refused.status]).toEqual([changed.Origin, 403]);
    }
    expect((await ask('/members/socket', HANDSHAKE)).status).toBe(401);
    expect(site.take()).toEqual([]);
  });

  it('F21: lets only upgrades to WebSocket pass', async () => {
    const { ask, kind, site } = behind();
    for (const headers of [
      {
        Connection: 'Upgrade, HTTP2-Settings',
        Upgrade: 'h2c',
        'HTTP2-Settings': 'AAMAAABkAAQAAP__',
      },
      { Connection: 'Upgrade', Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABkAAQAAP__' },
      { Connection: 'Upgrade', Upgrade: 'h2c, websocket', 'HTTP2-Settings': 'AAMAAABkAAQAAP__' },
    ]) {
      // RFC 7540 section 3.2.1: a server must not upgrade without exactly one HTTP2-Settings.
      await ask('/public/x', headers).catch(() => undefined);
      for (const seen of site.take()) {
        expect(valuesOf(seen, 'http2-settings')).toEqual([]);
        // Traefik passes Upgrade on, which a server ignores without the settings.
        if (kind.name !== 'Traefik')
          expect([[], ['websocket']]).toContainEqual(valuesOf(seen, 'upgrade'));
      }
    }
  });

  it('F30: is configured without deprecated directives', () => {
    expect(behind().proxy.log()).not.toMatch(/deprecat/i);
  });

  it.each(['of another name', 'of another authority'] as const)(
    'F18: sends no secret to a gate with a certificate %s, and lets no request through',
    async (which) => {
      const { ask, edge, bad, good, cookie, site } = behind();
      edge.show(bad[which]);
      for (const headers of [{}, { Cookie: cookie }, PAGE]) {
        for (const target of ['/public/x', '/members']) {
          const answer = await ask(target, headers);
          expect([target, answer.status >= 500]).toEqual([target, true]);
        }
      }
      expect(edge.received()).toBe('');
      expect(site.take()).toEqual([]);
      edge.show(good);
      expect((await ask('/members', { Cookie: cookie })).text).toBe('site:0');
      expect(edge.received()).toContain(SECRET); // control: this is what was looked for
    },
  );
});
