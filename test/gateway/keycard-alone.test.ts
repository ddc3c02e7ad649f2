/** A gate without Kratos: tokens of a Keycard zone are the only sessions. The stand-in for Kratos gets no call. */
import { afterEach, describe, expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { get } from '../support/raw-http.ts';
import { startGate } from '../support/start-gate.ts';
import { bearer } from './token-site.ts';

const SITE = 'https://app.example.test';
const METADATA = `${SITE}/.well-known/oauth-protected-resource`;
const PROXY_SECRET = 'a-secret-of-the-proxy-0123456789abcdef';
const OPAQUE = 'ory_st_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
const PERSON = { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };
const RULES = [
  { path: '/public/*', session: 'none' },
  { path: '/maybe/*', session: 'optional' },
  { path: '/recent/*', session: 'required', authenticated_within: '15m' },
];

const zone = (keycard: string) => ({
  issuer: keycard,
  preset: 'keycard',
  audience: SITE,
  algorithms: ['RS256'],
  discovery: true,
});
const site = (keycard: string) => ({
  KRATOS_PUBLIC_URL: undefined,
  ISSUERS: [zone(keycard)],
  TOKEN_COOKIE_NAMES: ['app_token'],
  RULES,
  FORWARD_AUTH_SECRETS: [PROXY_SECRET],
});
const services = { kratos: 'http', origin: 'binding' } as const;

const gate = await gateForAllTests({
  services,
  vars: ({ keycard }) => ({ ...site(keycard), LOGIN_URL: 'https://login.example.test/in' }),
});
const without = await gateForAllTests({
  services,
  vars: ({ keycard }) => ({ ...site(keycard), ALLOWED_ORIGINS: ['https://spa.example.test'] }),
});

const token = (options = {}) => gate.keycard.createToken({ audience: SITE, ...options });

/** Asks at the site's own host. `fetch()` would send another, and its own Fetch Metadata. */
const page = async (path: string, headers: Record<string, string>, to = gate) => {
  const { status, text, headers: fields } = await get(to.port, path, headers);
  return new Response(text, { status, headers: fields.map(([name, value]) => [name, value]) });
};
const whoami = (headers: Record<string, string>, to = gate) =>
  page('/sessions/whoami', headers, to);

/** Names of Kratos's own headers (`session/handler.go`, herodot). */
const ofKratos = (headers: Headers) =>
  [...headers.keys()].filter((name) => /^(x-)?(ory|kratos)-/.test(name));

afterEach(async () => {
  expect((await gate.kratos.calls()).requests).toEqual([]);
  expect([...(await gate.bugs()), ...(await without.bugs())]).toEqual([]);
});

describe('whoami', () => {
  it('answers a token with its Keycard session', async () => {
    const answer = await whoami(bearer(await token({ subject: 'user-1', scope: 'read' })));
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ session_type: 'user', user_id: 'user-1' });
    expect(ofKratos(answer.headers)).toEqual([]);
    expect(answer.headers.get('cache-status')).toMatch(/signature/);
  });

  it.each([
    ['no credential', {}, 'credential_missing', ''],
    ['an opaque bearer', bearer(OPAQUE), 'token_malformed', 'error="invalid_token"'],
    ['an X-Session-Token', { 'X-Session-Token': OPAQUE }, 'credential_missing', ''],
    [
      'a session cookie of Kratos',
      { Cookie: `ory_kratos_session=${OPAQUE}` },
      'credential_missing',
      '',
    ],
    [
      'a cookie that holds no token',
      { Cookie: `app_token=${OPAQUE}` },
      'token_malformed',
      'error="invalid_token"',
    ],
  ])(
    'answers %s with 401, in Keycard’s shape, naming the metadata',
    async (_, headers, code, error) => {
      const answer = await whoami(headers);
      expect(answer.status).toBe(401);
      const body = (await answer.json()) as object;
      expect(body).toMatchObject({ code, status: 401 });
      expect(Object.keys(body).sort()).toEqual(['code', 'message', 'status']); // Keycard's `api/openapi.yaml`
      expect(ofKratos(answer.headers)).toEqual([]);
      const challenge = answer.headers.get('www-authenticate') ?? '';
      expect(challenge).toContain(`resource_metadata="${METADATA}"`);
      expect(challenge).toContain(error);
    },
  );

  it('exposes no header of Kratos to pages of other origins', async () => {
    const answer = await whoami({ Origin: 'https://spa.example.test' }, without);
    const exposed = answer.headers.get('access-control-expose-headers') ?? '';
    expect(exposed).toContain('www-authenticate');
    expect(exposed).not.toMatch(/kratos|ory-/i);
  });

  it('refuses to make another token of a token, in Keycard’s shape', async () => {
    const answer = await page('/sessions/whoami?tokenize_as=x', bearer(await token()));
    expect([answer.status, await answer.json()]).toMatchObject([400, { status: 400 }]);
    expect(ofKratos(answer.headers)).toEqual([]);
  });

  it('answers 503 while the keys of the zone cannot be fetched, not 401', async () => {
    const issued = await without.keycard.createToken({ audience: SITE });
    await without.keycard.control({ keySet: 'down' });
    const answer = await whoami(bearer(issued), without);
    expect([answer.status, await answer.json()]).toMatchObject([
      503,
      { code: 'issuer_keys_unavailable', status: 503 },
    ]);
    await without.reset();
  });
});

describe('the gate', () => {
  it('lets a token through, and the origin gets no header of Kratos', async () => {
    const headers = { ...bearer(await token({ subject: 'user-1' })), 'X-Session-Token': OPAQUE };
    const answer = await page('/a?format=json', headers);
    expect(answer.status).toBe(200);
    const [sent] = (await gate.origin.calls()).requests;
    const received = new Headers(sent?.headers);
    expect(received.get('x-user-id')).toBe('user-1');
    expect(ofKratos(received)).toEqual([]);
    expect(received.has('authorization')).toBe(false);
    expect(received.has('x-session-token')).toBe(false);
    expect(ofKratos(answer.headers)).toEqual([]);
  });

  it.each([[bearer(OPAQUE)], [{ 'X-Session-Token': OPAQUE }], [{}]])(
    'answers a program with %j 401 in Keycard’s shape, naming the metadata',
    async (headers: Record<string, string>) => {
      const answer = await page('/a', headers);
      expect([answer.status, await answer.json()]).toMatchObject([401, { status: 401 }]);
      expect(answer.headers.get('www-authenticate')).toContain(`resource_metadata="${METADATA}"`);
    },
  );

  it('sends a browser to LOGIN_URL, with the page to come back to', async () => {
    const answer = await page('/a?b', PERSON);
    const back = encodeURIComponent(`${SITE}/a?b`);
    expect([answer.status, answer.headers.get('location')]).toEqual([
      302,
      `https://login.example.test/in?return_to=${back}`,
    ]);
  });

  it('sends a browser whose sign-in is too old to LOGIN_URL too', async () => {
    const claims = { auth_time: 1_600_000_000 };
    const headers = { ...PERSON, Cookie: `app_token=${await token({ claims })}` };
    const answer = await page('/recent/a', headers);
    expect(answer.status).toBe(302);
    const location = new URL(answer.headers.get('location') ?? '');
    expect(location.origin + location.pathname).toBe('https://login.example.test/in');
    expect(location.searchParams.get('refresh')).toBe('true');
  });

  it('shows a browser that there is no sign-in page, without LOGIN_URL', async () => {
    const answer = await page('/a', PERSON, without);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      401,
      'text/html; charset=utf-8',
    ]);
    expect(answer.headers.get('www-authenticate')).toContain('resource_metadata=');
    const text = await answer.text();
    expect(text).toContain('no page at which a browser can sign in');
    expect(text).toContain('LOGIN_URL');
    expect(text).not.toMatch(/kratos/i);
  });

  it('clears no cookie named as Kratos’s session cookie, and looks none up', async () => {
    const answer = await page('/maybe/a', { Cookie: `ory_kratos_session=${OPAQUE}` });
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([200, []]);
  });

  it.each(['/sessions', '/self-service/login/browser', '/admin/sessions'])(
    'leaves %s to the site',
    async (path) => {
      const answer = await page(path, bearer(await token()));
      expect(answer.status).toBe(200);
      expect((await gate.origin.calls()).requests.at(-1)?.path).toBe(path);
    },
  );

  it('answers what it cannot admit in Keycard’s shape', async () => {
    const answer = await page('/a//b', {});
    expect([answer.status, await answer.json()]).toMatchObject([
      400,
      { code: 'path_not_canonical' },
    ]);
  });
});

it('forward-auth answers in Keycard’s shape, with the metadata of the original host', async () => {
  const ask = (headers: Record<string, string>) =>
    page('/.postern/auth/forward', {
      'Postern-Proxy-Secret': PROXY_SECRET,
      'X-Forwarded-Method': 'GET',
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-Host': 'app.example.test',
      'X-Forwarded-Uri': '/a',
      ...headers,
    });
  const good = await ask(bearer(await token({ subject: 'user-1' })));
  expect([good.status, good.headers.get('x-user-id')]).toEqual([200, 'user-1']);
  expect(ofKratos(good.headers)).toEqual([]);
  const refused = await ask(bearer(OPAQUE));
  expect([refused.status, await refused.json()]).toMatchObject([401, { code: 'token_malformed' }]);
  expect(refused.headers.get('www-authenticate')).toContain(METADATA);
});

describe('ready', () => {
  it('asks for keys and the log, and not for a session store', async () => {
    const answer = await fetch(`${gate.url}/.postern/health/ready`);
    expect([answer.status, await answer.json()]).toEqual([
      200,
      { status: 'ok', version: expect.stringMatching(/^\d+\.\d+\.\d+$/) },
    ]);
  });

  it('names the keys when they cannot be fetched', async () => {
    await using fresh = await startGate({ services, vars: ({ keycard }) => site(keycard) });
    await fresh.keycard.control({ keySet: 'down' });
    const answer = await fetch(`${fresh.url}/.postern/health/ready`);
    const { errors } = (await answer.json()) as { errors: object };
    expect([answer.status, Object.keys(errors)]).toEqual([503, ['keys']]);
  });
});
