import { beforeEach, describe, expect, it } from 'vitest';
import { forAllTests, gateForAllTests } from '../support/for-all-tests.ts';
import { DEFAULT_HOST, get, header, headerValues, request } from '../support/raw-http.ts';
import { startGate } from '../support/start-gate.ts';
import { startWireOrigin, valuesOf } from '../support/wire-origin.ts';

const ADMIN = 'admin.example.test';
const RULES = [{ path: '/*', session: 'none' }];
const OVER_HTTP = { kratos: 'binding', origin: 'http' } as const;

/** An application that takes a form only where `Origin` is its own host (as Django and SvelteKit do). */
function isSameOrigin(arrived: string): boolean {
  const [origin = ''] = valuesOf(arrived, 'origin');
  return valuesOf(arrived, 'host').includes(new URL(origin).host);
}

describe('an origin with a different address', async () => {
  const origin = await forAllTests(startWireOrigin());
  const hiddenHost = new URL(origin.url).host;
  const vars = { RULES, ORIGIN_URL: origin.url, HOSTS: [ADMIN] };
  const gate = await gateForAllTests({ services: OVER_HTTP, vars });
  beforeEach(() => void origin.take());

  async function answered(fields: string, Host = DEFAULT_HOST) {
    origin.answer(`HTTP/1.1 302 Found\r\nContent-Length: 0\r\n${fields}\r\n\r\n`);
    return get(gate.port, '/x', { Host });
  }

  it('O12: receives the public host in X-Forwarded-Host, and its own in Host', async () => {
    for (const Host of [DEFAULT_HOST, ADMIN]) {
      await get(gate.port, '/x', { Host });
      const [arrived = ''] = origin.take();
      expect(valuesOf(arrived, 'host')).toEqual([hiddenHost]);
      expect(valuesOf(arrived, 'x-forwarded-host')).toEqual([Host]);
      expect(valuesOf(arrived, 'x-forwarded-proto')).toEqual(['https']);
    }
  });

  it.each(['Location', 'Content-Location'])(
    'O10: %s with its own address points at the site',
    async (name) => {
      for (const [sent, expected] of [
        [`http://${hiddenHost}/a?b`, '/a?b'],
        [`HTTP://${hiddenHost}/a?b`, '/a?b'],
        [`//${hiddenHost}/a`, '/a'],
        [`http://user@${hiddenHost}/a`, '/a'],
      ]) {
        for (const Host of [DEFAULT_HOST, ADMIN]) {
          const answer = await answered(`${name}: ${sent}`, Host);
          expect([answer.status, header(answer, name)]).toEqual([
            302,
            `https://${Host}${expected}`,
          ]);
        }
      }
      for (const kept of ['/a', 'https://elsewhere.example/a']) {
        expect(header(await answered(`${name}: ${kept}`), name)).toBe(kept);
      }
    },
  );

  it('O10: Refresh and Link with its own address point at the site too', async () => {
    const answer = await answered(
      `Refresh: 0; url=http://${hiddenHost}/a\r\nLink: <http://${hiddenHost}/b>; rel=next`,
    );
    expect(header(answer, 'refresh')).toBe(`0; url=https://${DEFAULT_HOST}/a`);
    expect(header(answer, 'link')).toBe(`<https://${DEFAULT_HOST}/b>; rel=next`);
  });

  it('O10: Alt-Svc names no way past the gate, and Strict-Transport-Security is the site’s', async () => {
    const policy = 'max-age=600; includeSubDomains';
    const answer = await answered(
      `Alt-Svc: h3="${hiddenHost}"\r\nStrict-Transport-Security: ${policy}`,
    );
    expect(header(answer, 'alt-svc')).toBeUndefined();
    expect(header(answer, 'strict-transport-security')).toBe(policy);
  });

  it('O11: a cookie’s Domain with its host is removed, and any other stays', async () => {
    const answer = await answered(
      [
        `Set-Cookie: a=1; Domain=127.0.0.1; Path=/; Secure`,
        `Set-Cookie: b=2; Domain=.example.test; Path=/`,
        `Set-Cookie: c=3`,
      ].join('\r\n'),
    );
    expect(headerValues(answer, 'set-cookie')).toEqual([
      'a=1; Path=/; Secure',
      'b=2; Domain=.example.test; Path=/',
      'c=3',
    ]);
  });
});

describe('an origin called at the public URL, as on a route', () => {
  it('O12: sees the public host, also of further hosts, and accepts their forms', async () => {
    await using origin = await startWireOrigin();
    const { port } = new URL(origin.url);
    await using gate = await startGate({
      services: OVER_HTTP,
      vars: {
        RULES,
        PUBLIC_URL: origin.url,
        ORIGIN_URL: origin.url,
        HOSTS: [`localhost:${port}`],
      },
    });
    for (const Host of [`127.0.0.1:${port}`, `localhost:${port}`]) {
      const location = `http://${Host}/done`;
      origin.answer(`HTTP/1.1 303 See Other\r\nContent-Length: 0\r\nLocation: ${location}\r\n\r\n`);
      const headers = { Host, Origin: `http://${Host}` };
      const form = { method: 'POST', target: '/form', headers, body: 'a=1' };
      const answer = await request(gate.port, form);
      const [arrived = ''] = origin.take();
      expect([valuesOf(arrived, 'host'), isSameOrigin(arrived)]).toEqual([[Host], true]);
      expect(valuesOf(arrived, 'x-forwarded-host')).toEqual([Host]);
      expect([answer.status, header(answer, 'location')]).toEqual([303, location]);
    }
  });

  it('O12, U5: is answered 508 if that URL is the gate itself', async () => {
    await using gate = await startGate({
      services: OVER_HTTP,
      vars: ({ gate: url }) => ({ RULES, PUBLIC_URL: url, ORIGIN_URL: url }),
    });
    const answer = await get(gate.port, '/x', { Host: `127.0.0.1:${gate.port}` });
    expect([answer.status, JSON.parse(answer.text).error.id]).toEqual([508, 'loop_detected']);
  });
});

describe('a site that is a Worker', () => {
  it('O12: gets the public URL of the requested host', async () => {
    await using gate = await startGate({ vars: { RULES, ORIGIN_URL: undefined, HOSTS: [ADMIN] } });
    for (const Host of [DEFAULT_HOST, ADMIN, `${ADMIN}:443`]) {
      const { text } = await get(gate.port, '/x?format=json', { Host });
      const { url, headers } = JSON.parse(text);
      const [host = ''] = Host.split(':', 1);
      expect([url, new Map(headers).get('host')]).toEqual([`https://${host}/x?format=json`, host]);
    }
  });
});
