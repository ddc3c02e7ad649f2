import { afterEach, describe, expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { get, header, headerValues } from '../support/raw-http.ts';
import type { RunningGate } from '../support/start-gate.ts';
import { createTestIssuer } from '../support/token-issuer.ts';
import { cacheStatus, sessionIdOf, whoami, whoamiCalls } from './whoami-requests.ts';

const NAME = 'ory_kratos_session';
const HOST_NAME = '__Host-session';
const PAGE = { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };

const issuer = await createTestIssuer();
const gate = await gateForAllTests({
  vars: {
    SELF_SERVICE: true,
    SESSION_COOKIE_NAMES: [NAME, HOST_NAME],
    TOKEN_COOKIE_NAMES: ['app_token'],
    RULES: [
      { path: '/open/*', session: 'none' },
      { path: '/maybe/*', session: 'optional' },
    ],
    ISSUERS: [issuer.settings],
  },
});
await gate.kratos.control({ publicUrl: 'https://kratos.example.test' });
const ann = await gate.kratos.createSession({ traits: { email: 'ann@example.com' } });
afterEach(async () => {
  await gate.kratos.clearCalls();
  await gate.origin.clearCalls();
});

/** `name=value` as aiohttp sends it: Python's `http.cookies` quotes a value that holds `=`. */
const inQuotes = (cookie: string) => cookie.replace(/=(.*)$/, '="$1"');

/** The cookies that requests to a stand-in carried since its record was cleared. */
async function cookiesAt(standin: Pick<RunningGate['kratos'], 'calls'>): Promise<string[]> {
  const { requests } = await standin.calls();
  return requests.flatMap(({ headers }) =>
    headers.filter(([name]) => name === 'cookie').map(([, value]) => value),
  );
}

describe('a cookie in quotes equals the bare cookie', () => {
  it('T10: whoami answers it like the bare cookie, and sends Kratos the bare one', async () => {
    const { cookie, id } = await gate.kratos.createSession();
    const quoted = await whoami(gate.port, { Cookie: `theme="dark"; ${inQuotes(cookie)}` });
    expect(sessionIdOf(quoted)).toBe(id);
    expect(await cookiesAt(gate.kratos)).toEqual([cookie]);
    const bare = await whoami(gate.port, { Cookie: cookie });
    expect(bare.text).toBe(quoted.text);
    expect(cacheStatus(bare)).toMatch(/^postern; hit;/);
    expect(await whoamiCalls(gate.kratos)).toBe(1);
  });

  it('T10: the gate accepts it, and drops it from the request to the site in either spelling', async () => {
    for (const own of [ann.cookie, inQuotes(ann.cookie)]) {
      await gate.origin.clearCalls();
      const Cookie = `a="1=2"; ${own}; b=3`;
      expect((await get(gate.port, '/in', { Cookie })).status).toBe(200);
      expect((await get(gate.port, '/open/x', { Cookie })).status).toBe(200);
      expect(await cookiesAt(gate.origin)).toEqual(['a="1=2"; b=3', 'a="1=2"; b=3']);
    }
  });

  it('T10: works for a name with a prefix and for a token cookie', async () => {
    const value = 'v'.repeat(20);
    await whoami(gate.port, { Cookie: `${HOST_NAME}="${value}"` });
    expect(await cookiesAt(gate.kratos)).toEqual([`${HOST_NAME}=${value}`]);
    const token = await issuer.token(gate.clock.now());
    const answer = await get(gate.port, '/in', { Cookie: `app_token="${token}"` });
    expect(answer.status).toBe(200);
    expect(await cookiesAt(gate.origin)).toEqual([]);
  });

  it('T10: is cleared if it is dead and the session is optional', async () => {
    const dead = `${NAME}="${'d'.repeat(40)}"`;
    const answer = await get(gate.port, '/maybe/x', { Cookie: dead });
    expect(answer.status).toBe(200);
    expect(headerValues(answer, 'set-cookie')).toEqual([
      expect.stringMatching(/^ory_kratos_session=; Path=\/; Max-Age=0/),
    ]);
  });

  it('T10: ends its own session through the session API', async () => {
    const { cookie } = await gate.kratos.createSession();
    const listed = await get(gate.port, '/sessions', { Cookie: inQuotes(cookie) });
    expect([listed.status, await cookiesAt(gate.kratos)]).toEqual([200, [cookie]]);
  });

  it('T10: flows get Kratos’s own cookies without quotes', async () => {
    const Cookie = `csrf_token_1="YQ=="; ${inQuotes(ann.cookie)}; ory_kratos_continuity="c="; app="x="`;
    await get(gate.port, '/self-service/settings/browser', { Cookie });
    expect(await cookiesAt(gate.kratos)).toEqual([
      `${ann.cookie}; csrf_token_1=YQ==; ory_kratos_continuity=c=`,
    ]);
  });

  it('T10, T11: a login loop ends at the same redirect in every spelling of its cookie', async () => {
    const LIMIT = 20; // browsers give up
    const turnsUntilItEnds = async (
      present: (cookie: string) => (readonly [string, string])[],
    ): Promise<number> => {
      let cookie = '';
      for (let turn = 1; turn <= LIMIT; turn += 1) {
        const answer = await get(gate.port, '/in', [...Object.entries(PAGE), ...present(cookie)]);
        if (answer.status === 403) return turn;
        cookie = headerValues(answer, 'set-cookie')[0]?.split(';', 1)[0] ?? '';
      }
      return LIMIT;
    };
    const bare = await turnsUntilItEnds((cookie) => [['Cookie', cookie]]);
    expect(bare).toBeLessThan(LIMIT);
    expect(await turnsUntilItEnds((cookie) => [['Cookie', inQuotes(cookie)]])).toBe(bare);
    const lines = (cookie: string) => ['theme=dark', cookie].map((one) => ['Cookie', one] as const);
    expect(await turnsUntilItEnds(lines)).toBe(bare);
  });
});

describe('cookies in several lines', () => {
  const lines = (target: string, ...cookies: string[]) =>
    get(
      gate.port,
      target,
      cookies.map((cookie) => ['Cookie', cookie] as const),
    );

  it('T11: flows get Kratos’s cookies from all of them', async () => {
    const cookies = ['theme=dark', 'csrf_token_1="YQ=="', ann.cookie, 'x=1; ory_flow=f', 'y=2'];
    await lines('/self-service/settings/browser', ...cookies);
    expect(await cookiesAt(gate.kratos)).toEqual([`${ann.cookie}; csrf_token_1=YQ==; ory_flow=f`]);
  });

  it('T11: a token cookie is read', async () => {
    const token = await issuer.token(gate.clock.now());
    expect((await lines('/in', 'theme=dark', `app_token=${token}`, 'a=b')).status).toBe(200);
    expect(await cookiesAt(gate.origin)).toEqual(['theme=dark, a=b']);
  });

  it('T12: a sibling domain cannot plant a session or CSRF cookie with a prefixed name in another value', async () => {
    const Cookie = `theme=x, ${HOST_NAME}=${'v'.repeat(20)}, __Host-csrf_token_1=planted; a=1`;
    const answer = await get(gate.port, '/in', { Cookie });
    expect(header(answer, 'postern-reason')).toBe('credential_missing');
    await get(gate.port, '/self-service/login/browser', { Cookie });
    expect(await cookiesAt(gate.kratos)).toEqual([]);
    await get(gate.port, '/open/x', { Cookie });
    expect(await cookiesAt(gate.origin)).toEqual(['theme=x, __Host-csrf_token_1=planted; a=1']);
  });
});
