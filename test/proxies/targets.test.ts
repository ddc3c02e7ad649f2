import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTls } from 'node:tls';
import { expect, it } from 'vitest';
import { TRAVERSAL_PAYLOADS } from '../support/hostile-input/traversal-payloads.ts';
import type { ArrivedRequest } from '../support/node-origin.ts';
import { rawRequest } from '../support/raw-http.ts';
import { ADMIN_HOST, describeEachProxy, HOST, valuesOf } from './world.ts';

const CLIMBS = [
  '/public/../members',
  '/public/%2e%2e/members',
  '/public/..%2fmembers',
  '/public/..%5cmembers',
  '/public\\..\\members',
  '//members',
  '/public//../members',
  '/public/..;/members',
  '/public/;/../members',
  '/PUBLIC/../members',
  '/public/%252e%252e/members',
  '/public/..%20/members',
  '/public/x#/../../members',
  '/public/%00/../members',
  '/./public/../members',
];
/** Each is one request for the site, in a spelling that proxies like to change. */
const ODD = [
  '/members?',
  '/members?a=1&a=2&b',
  '/members?q=%26%3D%23%2F%3F',
  "/members?q=a+b%20c'()*!~",
  '/members?q=[1]{2}|3^4`5',
  '/members?q=1;r=2',
  '/members?u=https://evil.example/?x=1',
  '/members/a%20b/%E4%BD%A0%E5%A5%BD',
  '/members/a+b,c;d=1'.replace(';', ','),
  "/members/!$&'()*+,=:@-._~",
  '/members/%41%7E',
];

/** The path that any reader could make of a target: escapes resolved, separators and parameters taken as such. */
function readings(target: string): string[] {
  const found = [target.replace(/[?#].*$/s, '')];
  for (let round = 0; round < 3; round += 1) {
    const last = found.at(-1) ?? '';
    found.push(
      last.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
        String.fromCharCode(Number.parseInt(hex, 16)),
      ),
    );
  }
  return found.map((path) => {
    const plain = path
      .replaceAll('\\', '/')
      .replace(/;[^/]*/g, '')
      .replace(/\/\/+/g, '/');
    const segments: string[] = [];
    for (const segment of plain.split('/')) {
      if (segment === '..') segments.pop();
      else if (segment !== '' && segment !== '.') segments.push(segment);
    }
    return `/${segments.join('/')}`;
  });
}

describeEachProxy((behind) => {
  it('F17: shows a stranger no other page for any spelling of an open path', async () => {
    const { client, site } = behind();
    const targets = [...CLIMBS, ...TRAVERSAL_PAYLOADS.map((text) => `/public/${text}/members`)];
    for (const target of targets) {
      const line = Buffer.from(
        `GET ${target} HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`,
      );
      await rawRequest(client.port, line).catch(() => undefined); // a request that is not HTTP gets no answer
      for (const seen of site.take()) {
        const outside = readings(seen.target).filter((path) => !/^\/public(\/|$)/.test(path));
        expect([target, seen.target, outside]).toEqual([target, seen.target, []]);
      }
    }
  });

  it('F17: sends the site the judged path', async () => {
    const { ask, cookie, gate, site } = behind();
    let served = 0;
    for (const target of ODD) {
      gate.clearLogs();
      const { status } = await ask(target, { Cookie: cookie });
      const [seen] = site.take();
      const judged = (await gate.logs())
        .map((line) => JSON.parse(line))
        .find(({ route }) => route === 'forward-auth');
      if (status === 200)
        expect([target, seen?.target.replace(/\?.*/, '')]).toEqual([target, judged?.path]);
      else expect([target, status, seen]).toEqual([target, 400, undefined]);
      served += status === 200 ? 1 : 0;
    }
    expect(served).toBeGreaterThanOrEqual(ODD.length - 3);
  });

  it('F16: has an absolute URL judged for the host that serves it', async () => {
    const { client, cookie, site } = behind();
    const send = (target: string, host: string, ...more: string[]) =>
      rawRequest(client.port, [
        `GET ${target} HTTP/1.1`,
        `Host: ${host}`,
        'Connection: close',
        ...more,
      ]);
    for (const host of [HOST, ADMIN_HOST]) {
      const passed = await send(`https://${host}/members?a=1`, host, `Cookie: ${cookie}`);
      const [seen] = site.take();
      expect([passed.status, seen?.target, hostsOf(seen)]).toEqual([200, '/members?a=1', [host]]);
    }
    for (const [target, host] of [
      [`http://${ADMIN_HOST}/public/x`, HOST],
      [`https://${ADMIN_HOST}/public/x`, HOST],
      [`http://${ADMIN_HOST.toUpperCase()}/public/x`, HOST],
      [`http://${ADMIN_HOST}:80/public/x`, HOST],
      [`http://${HOST}/public/x`, ADMIN_HOST],
      ['/public/x', ADMIN_HOST],
      ['/public/x', `${ADMIN_HOST}\r\nHost: ${HOST}`],
      ['/public/x', `${HOST}\r\nHost: ${ADMIN_HOST}`],
      ['/public/x', `${ADMIN_HOST.toUpperCase()}.`],
      ['/public/x', `${ADMIN_HOST}:443`],
    ] as const) {
      // The path is open at HOST only, so what a stranger is served has to be served for HOST.
      await send(target, host).catch(() => undefined);
      for (const seen of site.take())
        expect([target, host, hostsOf(seen)]).toEqual([target, host, [HOST]]);
    }
  });

  it('P23: lets no method pass that the site does not accept', async () => {
    const { ask, cookie, site } = behind();
    for (const [method, target] of [
      ['TRACE', '/members'],
      ['PROPFIND', '/public/x'],
      ['get', '/members'],
      ['CONNECT', `${HOST}:443`],
    ] as const) {
      const refused = await ask(target, { Cookie: cookie }, { method });
      expect([method, refused.status >= 400]).toEqual([method, true]);
    }
    expect(site.take()).toEqual([]);
  });

  it('F16: shows a stranger no page for an invalid :authority of HTTP/2', async () => {
    const { port, site } = behind();
    const session = connectHttp2(`https://${HOST}`, {
      createConnection: () =>
        connectTls({
          host: '127.0.0.1',
          port,
          servername: HOST,
          ALPNProtocols: ['h2'],
          rejectUnauthorized: false,
        }),
    });
    session.on('error', () => {}); // a proxy may end it
    const send = (authority: string, path: string) =>
      new Promise<number>((resolve) => {
        if (session.destroyed || session.closed) return resolve(0);
        const stream = session.request({
          ':method': 'GET',
          ':authority': authority,
          ':path': path,
        });
        let status = 0;
        stream.on('response', (headers) => {
          status = Number(headers[':status']);
        });
        stream.on('error', () => {}); // refused
        stream.on('close', () => resolve(status));
        stream.resume();
      });
    expect(await send(HOST, '/public/x')).toBe(200); // control
    expect(site.take()).toHaveLength(1);
    for (const authority of [
      `${HOST}/public/x?`,
      `${HOST}:443/public/x?`,
      `${HOST}/public/x#`,
      `${HOST}:443\\public\\x?`,
      `${HOST}/public/`,
      `${HOST}@${HOST}/public/x?`,
      `${HOST},${HOST}`,
    ]) {
      await send(authority, '/private'); // some proxies answer a host they do not serve with an empty 200
      expect([authority, site.take()]).toEqual([authority, []]);
    }
    session.destroy();
  });
});

/** Every host that the site receives. */
function hostsOf(seen: ArrivedRequest | undefined): string[] {
  return [...new Set([...valuesOf(seen, 'host'), ...valuesOf(seen, 'x-forwarded-host')])];
}
