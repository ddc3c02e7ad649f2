import { afterEach, describe, expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { header, type RawHeaders, rawRequest, request } from '../support/raw-http.ts';
import {
  byBearer,
  byCookie,
  byToken,
  sessionIdOf,
  strangersToken,
  whoami,
  whoamiCalls,
} from './whoami-requests.ts';

const NAME = 'ory_kratos_session';

const gate = await gateForAllTests({ kv: 'faulty' });
// Kratos names itself by its configured URL, however it is reached.
await gate.kratos.control({ publicUrl: 'https://kratos.example.test' });
const ann = await gate.kratos.createSession({ traits: { email: 'ann@example.com' } });
const bob = await gate.kratos.createSession({ traits: { email: 'bob@example.com' } });
afterEach(async () => {
  await gate.kratos.clearCalls();
  await gate.kv.clearCalls();
  expect(await gate.bugs()).toEqual([]);
});

/** Returns the effects of the requests since the last test. */
async function work() {
  return { reads: (await gate.kv.calls()).length, calls: await whoamiCalls(gate.kratos) };
}
const NO_WORK = { reads: 0, calls: 0 };

// The design asks about each of up to three instead of refusing two at sight: browsers send two when a parent
// domain has one too. Cookies of two people are refused, as in the row.
describe('T1: several cookies with the session’s name', () => {
  it('T1: of two people are refused', async () => {
    const answer = await whoami(gate.port, { Cookie: `${ann.cookie}; ${bob.cookie}` });
    expect([answer.status, header(answer, 'postern-reason')]).toEqual([
      401,
      'credential_ambiguous',
    ]);
  });

  it('T1: of one person are accepted as that person', async () => {
    const other = await gate.kratos.issueCookie(ann.id);
    const answer = await whoami(gate.port, { Cookie: `${other}; ${ann.cookie}` });
    expect(sessionIdOf(answer)).toBe(ann.id);
  });

  it('T1: accept the valid one among dead ones, at any position', async () => {
    const dead = `${NAME}=${strangersToken()}`;
    for (const Cookie of [`${dead}; ${ann.cookie}`, `${ann.cookie}; ${dead}`])
      expect(sessionIdOf(await whoami(gate.port, { Cookie }))).toBe(ann.id);
  });

  it('T1: are refused without a lookup if there are more than three', async () => {
    const four = Array.from({ length: 4 }, () => `${NAME}=${strangersToken()}`).join('; ');
    for (const Cookie of [four, `${four}; ${ann.cookie}`])
      expect((await whoami(gate.port, { Cookie })).status).toBe(401);
    expect(await work()).toEqual(NO_WORK);
  });

  it('T1: write no entry for two people', async () => {
    await whoami(gate.port, { Cookie: `${ann.cookie}; ${bob.cookie}` });
    const operations = (await gate.kv.calls()).map(({ operation }) => operation);
    expect(operations).not.toContain('put');
  });
});

describe('T2: a credential sent twice is refused without a lookup', () => {
  const lines = (...headers: string[]) =>
    rawRequest(gate.port, ['GET /sessions/whoami HTTP/1.1', 'Host: app.example.test', ...headers]);

  it.each<[string, () => string[]]>([
    [
      'Authorization',
      () => [`Authorization: Bearer ${ann.token}`, `Authorization: Bearer ${bob.token}`],
    ],
    ['X-Session-Token', () => [`X-Session-Token: ${ann.token}`, `x-session-token: ${bob.token}`]],
    [
      'one X-Session-Token',
      () => [`X-Session-Token: ${ann.token}`, `X-Session-Token: ${ann.token}`],
    ],
  ])('T2: two lines of %s', async (_, headers) => {
    const answer = await lines(...headers());
    expect([answer.status, header(answer, 'postern-reason')]).toEqual([
      400,
      'credential_conflicting',
    ]);
    expect(await work()).toEqual(NO_WORK);
  });
});

describe('T11: several Cookie lines count as one header', () => {
  const lines = (...cookies: string[]) =>
    rawRequest(gate.port, [
      'GET /sessions/whoami HTTP/1.1',
      'Host: app.example.test',
      ...cookies.map((cookie) => `Cookie: ${cookie}`),
    ]);

  // Kratos: recording `whoami-two-cookie-lines-good-first`, 200.
  it('T11: the session is found in any of them', async () => {
    for (const cookies of [
      ['theme=dark', ann.cookie],
      [ann.cookie, 'theme=dark'],
      ['a=1; b=2', `c=3; ${ann.cookie}`, 'd=4'],
      [ann.cookie, ann.cookie],
      ['flag', ann.cookie, 'flag'],
    ])
      expect(sessionIdOf(await lines(...cookies)), cookies.join(' | ')).toBe(ann.id);
    expect(await whoamiCalls(gate.kratos)).toBeLessThanOrEqual(1);
  });

  it('T11: two people’s cookies are refused, as in one line', async () => {
    const answer = await lines(ann.cookie, bob.cookie);
    expect([answer.status, header(answer, 'postern-reason')]).toEqual([
      401,
      'credential_ambiguous',
    ]);
  });

  it('T11: the site receives no session cookie and every other cookie', async () => {
    await gate.origin.clearCalls();
    const wire = ['GET /in HTTP/1.1', 'Host: app.example.test'];
    await rawRequest(gate.port, [...wire, 'Cookie: a=1,2', `Cookie: b=3; ${ann.cookie}`]);
    await rawRequest(gate.port, [...wire, `Cookie: ${ann.cookie}`, 'Cookie: c=4']);
    const { requests } = await gate.origin.calls();
    const cookies = requests.map(({ headers }) => headers.find(([name]) => name === 'cookie')?.[1]);
    expect(cookies).toEqual(['a=1,2, b=3', 'c=4']);
  });
});

it('T3: a name that only resembles the session’s is ignored', async () => {
  const value = ann.cookie.slice(NAME.length);
  const names = [
    'Ory_Kratos_Session',
    'ORY_KRATOS_SESSION',
    '__Host-ory_kratos_session',
    '..ory_kratos_session',
    'ory%5Fkratos_session',
    'ory.kratos.session',
    'ory kratos session',
    '[ory_kratos_session',
    '"ory_kratos_session"',
    'ory_kratos_session[]',
    '\xc2\xa0ory_kratos_session',
    '\x0bory_kratos_session',
  ];
  for (const name of names) {
    const answer = await whoami(gate.port, { Cookie: name + value });
    expect([answer.status, name]).toEqual([401, name]);
  }
  expect(await work()).toEqual(NO_WORK);
  for (const Cookie of [
    ` \t${ann.cookie}`,
    `;;${ann.cookie};`,
    `a;=b; ${NAME} \t=\t ${value.slice(1)} `,
  ])
    expect(sessionIdOf(await whoami(gate.port, { Cookie })), Cookie).toBe(ann.id);
});

it('T4: a percent-encoded value is a different value', async () => {
  const spelt = ann.cookie.replace(
    /=(.)/,
    (_, first: string) => `=%${Buffer.from(first).toString('hex')}`,
  );
  expect((await whoami(gate.port, { Cookie: spelt })).status).toBe(401);
  const [call] = (await gate.kratos.calls()).requests;
  expect(call?.headers).toContainEqual(['cookie', spelt]);
});

describe('T5: an impossible credential causes no calls', () => {
  const VALUES: [string, string][] = [
    ['one byte', 'a'],
    ['fifteen bytes', 'a'.repeat(15)],
    ['4097 bytes', 'a'.repeat(4097)],
    ['60 KiB', 'a'.repeat(60 * 1024)],
    ['a space', `${'a'.repeat(20)} b`],
    ['a quote', `${'a'.repeat(20)}"`],
    ['two pairs of quotes', `""${'a'.repeat(20)}""`],
    ['a backslash', `\\${'a'.repeat(20)}`],
    ['a control', `${'a'.repeat(20)}\x01`],
    ['a tab', `${'a'.repeat(20)}\tb`],
    ['DEL', `${'a'.repeat(20)}\x7f`],
    ['UTF-8', `${'a'.repeat(20)}\xc3\xa9`],
    ['a lone high byte', `${'a'.repeat(20)}\xe9`],
  ];
  it.each(VALUES)('T5: %s', async (_, value) => {
    for (const headers of [byToken(value), byBearer(value), byCookie(`${NAME}=${value}`)]) {
      const { status } = await whoami(gate.port, headers);
      expect(status).toBe(401);
    }
    expect(await work()).toEqual(NO_WORK);
  });

  it('T5: an empty value counts as no credential', async () => {
    for (const headers of [byToken(''), byBearer(''), byCookie(`${NAME}=`), byCookie('')])
      expect((await whoami(gate.port, headers)).status).toBe(401);
    expect(await work()).toEqual(NO_WORK);
  });
});

it('T6: a token in the query or in a body is ignored', async () => {
  const queries = ['session_token', 'access_token', 'token', 'X-Session-Token', NAME];
  for (const name of queries) {
    const { status } = await whoami(gate.port, {}, { query: `?${name}=${ann.token}` });
    expect(status).toBe(401);
  }
  const forms = [
    ['application/x-www-form-urlencoded', `session_token=${ann.token}`],
    ['application/json', JSON.stringify({ session_token: ann.token })],
  ];
  for (const [type = '', body = ''] of forms) {
    const headers = { 'Content-Type': type };
    const target = '/sessions/whoami';
    const answer = await request(gate.port, { method: 'POST', target, headers, body });
    expect(answer.status).toBe(401);
  }
  expect(await work()).toEqual(NO_WORK);
});

it('T6: the answer does not wait for a body that never arrives', async () => {
  const wire = [
    'POST /sessions/whoami HTTP/1.1',
    'Host: app.example.test',
    `X-Session-Token: ${ann.token}`,
    'Content-Length: 1000000',
  ];
  expect((await rawRequest(gate.port, wire)).status).toBe(200);
});

describe('T7: the answer equals that of Kratos for every combination of credentials', () => {
  const STATES = ['absent', 'empty', 'valid', 'unknown', 'short'] as const;
  type State = (typeof STATES)[number];
  const matrix = STATES.flatMap((token) =>
    STATES.flatMap((cookie) => STATES.map((bearer) => [token, cookie, bearer] as const)),
  );
  const value = (state: State, valid: string) =>
    ({ absent: undefined, empty: '', valid, unknown: strangersToken(), short: 'x' })[state];

  function headersOf([token, cookie, bearer]: readonly [State, State, State]): RawHeaders {
    const tokenValue = value(token, ann.token);
    const cookieValue = value(cookie, ann.cookie.slice(NAME.length + 1));
    const bearerValue = value(bearer, bob.token);
    return Object.entries({
      ...(tokenValue !== undefined && { 'X-Session-Token': tokenValue }),
      ...(cookieValue !== undefined && { Cookie: `${NAME}=${cookieValue}` }),
      ...(bearerValue !== undefined && { Authorization: `Bearer ${bearerValue}` }),
    });
  }

  /**
   * An `X-Session-Token` that is no session's, before a good credential: Kratos looks no further, and answers 401
   * (recordings `whoami-garbage-token-good-cookie` and `-good-bearer`).
   */
  const isDeviation = ([token, cookie, bearer]: readonly [State, State, State]) =>
    (token === 'unknown' || token === 'short') && (cookie === 'valid' || bearer === 'valid');

  /**
   * A cookie that does not decode, beside the credential that Kratos takes: it answers 500 (recordings
   * `whoami-good-token-garbage-cookie` and `whoami-good-bearer-garbage-cookie`).
   */
  const isFailure = ([token, cookie, bearer]: readonly [State, State, State]) =>
    !['absent', 'valid'].includes(cookie) &&
    (token === 'valid' || (['absent', 'empty'].includes(token) && bearer === 'valid'));

  it('T7: of 125 combinations, all except the documented deviations', async () => {
    const failures: (readonly string[])[] = [];
    const deviations: (readonly string[])[] = [];
    for (const states of matrix) {
      const headers = headersOf(states);
      const direct = await whoami(gate.kratos.port, headers);
      const through = await whoami(gate.port, headers);
      const isSame = through.status === direct.status && through.text === direct.text;
      if (isSame) continue;
      if (direct.status === 500) {
        failures.push(states);
        const owner = states[0] === 'valid' ? ann.id : bob.id;
        expect(sessionIdOf(through), states.join()).toBe(owner);
        continue;
      }
      deviations.push(states);
      expect([through.status, direct.status], states.join()).toEqual([200, 401]);
      expect(sessionIdOf(through), states.join()).toBe(states[1] === 'valid' ? ann.id : bob.id);
    }
    expect(deviations).toEqual(matrix.filter(isDeviation));
    expect(failures).toEqual(matrix.filter(isFailure));
  });
});

it('T8: chunked and partitioned cookies are not joined', async () => {
  const value = ann.cookie.slice(NAME.length + 1);
  const [left, right] = [value.slice(0, 100), value.slice(100)];
  for (const Cookie of [
    `${NAME}.0=${left}; ${NAME}.1=${right}`,
    `${NAME}_0=${left}; ${NAME}_1=${right}`,
    `${NAME}.0=${value}`,
  ])
    expect((await whoami(gate.port, { Cookie })).status).toBe(401);
  expect(await work()).toEqual(NO_WORK);
  const partitioned = await whoami(gate.port, { Cookie: `${ann.cookie}; Partitioned` });
  expect(sessionIdOf(partitioned)).toBe(ann.id);
});
