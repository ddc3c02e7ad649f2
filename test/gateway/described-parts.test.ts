import { describe, expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { get, header, request } from '../support/raw-http.ts';
import { ask, KINDS, SECRET } from './proxy-questions.ts';

const HOST = 'app.example.test';
const RULES = [
  { path: '/public/*', session: 'none' },
  { path: '/maybe/*', session: 'optional' },
];
/** A handshake as RFC 6455 section 4.1 has it, less what nginx and Traefik take out of the question they ask. */
const HANDSHAKE = {
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

const gate = await gateForAllTests({ vars: { FORWARD_AUTH_SECRETS: [SECRET], RULES } });
const { cookie } = await gate.kratos.createSession();

interface Described {
  readonly host?: string;
  readonly uri?: string;
  readonly method?: string;
}

const forward = ({ host = HOST, uri = '/private', method = 'GET' }: Described) =>
  get(gate.port, '/.postern/auth/forward', {
    'Postern-Proxy-Secret': SECRET,
    'X-Forwarded-Host': host,
    'X-Forwarded-Uri': uri,
    'X-Forwarded-Method': method,
  });

const nginx = (url: string, method = 'GET') =>
  get(gate.port, '/.postern/auth/nginx', {
    'Postern-Proxy-Secret': SECRET,
    'X-Original-URL': url,
    'X-Original-Method': method,
  });

describe('a described request', () => {
  // Go's servers copy HTTP/2's :authority into X-Forwarded-Host, and RFC 9113 lets a client write anything there.
  it.each([
    `${HOST}/public/x?`,
    `${HOST}:443/public/x?`,
    `${HOST}/public/x?a=`,
    `${HOST}/public/x#`,
    `${HOST}/public`,
    `${HOST}/public/`,
    `${HOST}?`,
    `${HOST}#`,
    `${HOST}\\public`,
    `user@${HOST}`,
    `user:pass@${HOST}`,
    `evil.example@${HOST}`,
    `https://${HOST}`,
    `//${HOST}`,
    `${HOST} `,
    `${HOST} /public/x`,
    `${HOST}, ${HOST}`,
    `${HOST},${HOST}`,
    `${HOST}:443:443`,
    `${HOST}:x`,
    `${HOST}:65979`,
    `${HOST}%2fpublic`,
    `${HOST}..`,
    '[::1',
    '',
  ])('F10: is refused with the host %j', async (host) => {
    for (const uri of ['/private', '/public/x']) {
      const answer = await forward({ host, uri });
      // A client's own space at either end of a header's value is not part of it (RFC 9110 section 5.5).
      const isTrimmed = host === `${HOST} `;
      const expected = isTrimmed ? { '/private': 401, '/public/x': 200 }[uri] : 400;
      expect([uri, answer.status]).toEqual([uri, expected]);
    }
  });

  it.each([
    'https://app.example.test/public/x',
    '//app.example.test/public/x',
    'public/x',
    '',
    '*',
    '?/public/x',
    '#/public/x',
    '/public/x#/../../private',
    '/public/x?a#b',
    '/public/x, /private',
    '@app.example.test/public/x',
    ':443/public/x',
    '.evil.example/public/x',
    '\\public\\x',
  ])('F11: is refused with the path %j', async (uri) => {
    expect((await forward({ uri })).status).toBe(400);
  });

  it.each(['', 'GET, GET', 'GET GET', 'GET /public/x', 'GE(T', 'G\xe9T', 'G'.repeat(33)])(
    'F11: is refused with the method %j',
    async (method) => {
      expect((await forward({ method, uri: '/public/x' })).status).toBe(400);
      expect((await nginx(`https://${HOST}/public/x`, method)).status).toBe(403);
    },
  );

  // RFC 9110 section 9.1: methods are case-sensitive, so `get` is another method than GET.
  it.each(['get', 'Get', 'TRACE', 'CONNECT', 'G', 'GETX', 'X-Y'])(
    'F11, P31: is refused with the method %s, on open paths too',
    async (method) => {
      expect((await forward({ method, uri: '/public/x' })).status).toBe(405);
      expect((await nginx(`https://${HOST}/public/x`, method)).status).toBe(403);
    },
  );

  it.each([
    `https://user@${HOST}/public/x`,
    `https://${HOST}`,
    `https://${HOST}?/public/x`,
    `https://${HOST}#/public/x`,
    `https://${HOST}\\/public/x`,
    `https:///public/x`,
    `https:/${HOST}/public/x`,
    `https://${HOST}:x/public/x`,
    `https://${HOST} /public/x`,
    `https://${HOST}/public/x#/private`,
    `https://${HOST}/public/x, https://${HOST}/public/x`,
    `ftp://${HOST}/public/x`,
    `//${HOST}/public/x`,
    `/public/x`,
    `${HOST}/public/x`,
    '',
  ])('F11: is refused with the URL %j', async (url) => {
    expect((await nginx(url)).status).toBe(403);
  });

  it('F11: needs a path after Envoy’s prefix', async () => {
    const envoy = (rest: string, method = 'GET') =>
      request(gate.port, {
        method,
        target: `/.postern/auth/envoy${rest}`,
        headers: { 'Postern-Proxy-Secret': SECRET },
      });
    expect((await envoy('/public/x')).status).toBe(200);
    const refused = [
      '',
      '?/public/x',
      '//public/x',
      '/public/../private',
      '/public/x%2f..%2fprivate',
    ];
    for (const rest of refused) expect([rest, (await envoy(rest)).status]).toEqual([rest, 400]);
    for (const rest of ['*', 'x/public/x', '.evil.example/public/x']) {
      expect([rest, (await envoy(rest)).status]).toEqual([rest, 404]);
    }
  });

  it('F11: is judged by its path, for any query', async () => {
    expect((await forward({ uri: '/private?x=https://app.example.test/public/x' })).status).toBe(
      401,
    );
    expect((await forward({ uri: '/public/x?y=/private' })).status).toBe(200);
  });
});

describe('a WebSocket handshake whose Upgrade header a proxy removed', () => {
  const marks: Record<string, string>[] = [
    HANDSHAKE,
    { 'Sec-WebSocket-Key': HANDSHAKE['Sec-WebSocket-Key'] },
    { 'Sec-WebSocket-Version': '13' }, // all that RFC 8441 section 5 leaves over HTTP/2
    { 'Sec-WebSocket-Protocol': 'chat' },
    { 'Sec-WebSocket-Extensions': 'permessage-deflate' },
    { 'Sec-Fetch-Mode': 'websocket' }, // Fetch Metadata
    { Upgrade: 'websocket' },
    { Upgrade: 'WebSocket' },
    { Upgrade: 'h2c, websocket' }, // RFC 9110 section 7.8: a list
    { Upgrade: 'websocket/13' }, // … of protocols with versions
  ];

  it.each(marks)('F12: is refused for a page of another site: %j', async (mark) => {
    for (const kind of KINDS) {
      for (const uri of ['/in', '/maybe/x']) {
        const headers = { ...mark, Cookie: cookie, Origin: 'https://evil.example' };
        const answer = await ask(gate.port, kind, uri, headers);
        expect([kind, answer.status, header(answer, 'x-user-id')]).toEqual([kind, 403, undefined]);
        expect(header(answer, 'postern-reason')).toBe('origin_not_allowed');
      }
    }
  });

  it.each(marks)('F12: is accepted for the site’s own pages and for programs: %j', async (mark) => {
    for (const kind of KINDS) {
      for (const origin of [{}, { Origin: `https://${HOST}` }]) {
        const answer = await ask(gate.port, kind, '/in', { ...mark, ...origin, Cookie: cookie });
        expect([kind, answer.status]).toEqual([kind, 200]);
      }
    }
  });

  it('P28: is recognized at the gate too', async () => {
    await gate.origin.clearCalls();
    for (const mark of marks) {
      const headers = { ...mark, Cookie: cookie, Origin: 'https://evil.example' };
      const answer = await get(gate.port, '/in', headers);
      expect([mark, answer.status]).toEqual([mark, 403]);
    }
    expect((await gate.origin.calls()).requests).toEqual([]);
  });

  it('F12: leaves other requests unchanged', async () => {
    const headers = { Cookie: cookie, Origin: 'https://evil.example', Upgrade: 'h2c' };
    for (const kind of KINDS) expect((await ask(gate.port, kind, '/in', headers)).status).toBe(200);
  });
});
