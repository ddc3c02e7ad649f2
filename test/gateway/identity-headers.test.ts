import { beforeEach, describe, expect, it } from 'vitest';
import { forAllTests, gateForAllTests } from '../support/for-all-tests.ts';
import { startNodeOrigin } from '../support/node-origin.ts';
import { get, header, headerValues, type RawHeaders, request } from '../support/raw-http.ts';
import { startGate } from '../support/start-gate.ts';

const RULES = [
  { path: '/public/*', session: 'none' },
  { path: '/either/*', session: 'optional' },
];
const IDENTITY_HEADERS = {
  'X-User-Id': 'identity.id',
  'X-User-Email': 'identity.traits.email',
  'Team-Name': 'identity.traits.team',
};
const PATHS = ['/public/x', '/either/x', '/required/x'];
/** RFC 9110 section 5.6.2 `tchar`, letters and digits excepted. */
const TOKEN_MARKS = "!#$%&'*+-.^_`|~".split('');

const origin = await forAllTests(
  startNodeOrigin((incoming, response) => {
    if (incoming.url === '/public/hop') {
      response.writeHead(200, [
        'Connection',
        'X-Int',
        'X-Int',
        's',
        'X_User.Id',
        'u',
        'X-App',
        'a',
      ]);
    }
    response.end('ok\n');
  }),
);
const gate = await gateForAllTests({
  vars: { RULES, IDENTITY_HEADERS },
  origin,
});
const signedIn = await gate.kratos.createSession({ traits: { email: 'a@example.test' } });
const token = signedIn.token;
const identityId = signedIn.session.identity.id;
beforeEach(() => {
  origin.arrived.length = 0;
});

/** The headers the origin received of the last request, names in lower case. */
function received(): (readonly [string, string])[] {
  return (origin.arrived.at(-1)?.headers ?? []).map(([name, value]) => [name.toLowerCase(), value]);
}

function receivedValues(name: string): string[] {
  return received().flatMap(([key, value]) => (key === name ? [value] : []));
}

/** Sends these headers to every kind of path, with a session and without, as far as that may pass. */
async function forEachPass(headers: RawHeaders, check: (isSignedIn: boolean) => void) {
  const pairs = Object.entries(headers);
  for (const path of PATHS) {
    for (const isSignedIn of [true, false]) {
      if (path === '/required/x' && !isSignedIn) continue;
      const own = isSignedIn ? [['X-Session-Token', token] as const] : [];
      const { status } = await get(gate.port, path, [...pairs, ...own]);
      expect([path, isSignedIn, status]).toEqual([path, isSignedIn, 200]);
      check(isSignedIn && path !== '/public/x');
    }
  }
}

/** The client's value is gone; a remaining value is Postern's. */
function expectNoneForged(): void {
  expect(received().filter(([, value]) => value.includes('forged'))).toEqual([]);
}

describe('request headers that are reserved for the gate', () => {
  it('a client’s own X-User-Id, x_user_id and X-USER-ID never reach the origin', async () => {
    const forged = { 'X-User-Id': 'forged', x_user_id: 'forged', 'X-USER-ID': 'forged' };
    await forEachPass(forged, (isIdentified) => {
      expectNoneForged();
      expect(receivedValues('x-user-id')).toEqual(isIdentified ? [identityId] : []);
      expect(receivedValues('x_user_id')).toEqual([]);
    });
  });

  it('H1: the whole identity namespace is dropped on every route, public ones too', async () => {
    const names = [
      'X-Auth-User',
      'X-Auth-Request-Email',
      'X-User',
      'X-User-Groups',
      'X-Username',
      'X-Kratos-Authenticated-Identity-Id',
      'Remote-User',
      'Remote-Groups',
      'X-Remote-User',
      'X-Email',
      'User-Id',
      'X-Forwarded-User',
      'X-Forwarded-Email',
      'Cf-Access-Authenticated-User-Email',
      ...Object.keys(IDENTITY_HEADERS),
    ];
    const forged = Object.fromEntries(names.map((name) => [name, 'forged']));
    await forEachPass(forged, expectNoneForged);
    // An empty member gives no header; the client's header is dropped all the same.
    expect(receivedValues('team-name')).toEqual([]);
  });

  it('H2: names with "_" are treated as the same name', () =>
    forEachPass(
      {
        X_Auth_User: 'forged',
        'x-auth_user': 'forged',
        'X__Auth-User': 'forged',
        team_name: 'forged',
      },
      expectNoneForged,
    ));

  it('H3: names with any other allowed character are treated as the same name', async () => {
    const names = [
      'x-user-id',
      'X-User-Email',
      'X-Auth-User',
      'REMOTE-USER',
      'Team-Name',
      'X-Real-IP',
    ];
    const aliases = names.flatMap((name) => TOKEN_MARKS.map((mark) => name.replaceAll('-', mark)));
    expect(new Set(aliases).size).toBe(names.length * TOKEN_MARKS.length);
    await forEachPass(
      Object.fromEntries(aliases.map((name) => [name, 'forged'])),
      expectNoneForged,
    );
  });

  it('H3: control: a header outside the namespace arrives', async () => {
    await forEachPass({ 'X.App`Header': 'forged' }, () =>
      expect(receivedValues('x.app`header')).toEqual(['forged']),
    );
  });

  it('H5: a Connection header cannot remove Postern’s headers', async () => {
    const Connection = 'close, x-user-id, X-User-Email, X-Forwarded-Host, x-forwarded-proto, Host';
    await get(gate.port, '/required/x', { Connection, 'X-Session-Token': token });
    expect(receivedValues('x-user-id')).toEqual([identityId]);
    expect(receivedValues('x-user-email')).toEqual(['a@example.test']);
    expect(receivedValues('x-forwarded-host')).toEqual(['app.example.test']);
    expect(receivedValues('x-forwarded-proto')).toEqual(['https']);
    expect(receivedValues('host')).toEqual([`127.0.0.1:${origin.port}`]);
  });

  it('H5: headers that the client names in Connection end at the gate', async () => {
    await get(gate.port, '/public/x', { Connection: 'X-Hop', 'X-Hop': 'h', TE: 'trailers' });
    expect(received().map(([name]) => name)).not.toContain('x-hop');
    expect(received().map(([name]) => name)).not.toContain('te');
  });

  it('H11: forwarding headers carry the gate’s knowledge and not the client’s claims', async () => {
    const forged = {
      Forwarded: 'for=1.2.3.4;host=forged;proto=http',
      'X-Forwarded-For': '1.2.3.4, forged',
      'X-Forwarded-Host': 'forged.example',
      'X-Forwarded-Proto': 'forged',
      'X-Forwarded-Prefix': '/forged',
      'X-Real-IP': 'forged',
      'X-Client-IP': 'forged',
      'True-Client-IP': 'forged',
      'CF-Connecting-IP': 'forged',
    };
    await forEachPass(forged, () => {
      expectNoneForged();
      expect(receivedValues('x-forwarded-host')).toEqual(['app.example.test']);
      expect(receivedValues('x-forwarded-proto')).toEqual(['https']);
      // Without an edge in front of the Worker the client's address is unknown.
      expect(receivedValues('x-forwarded-for')).toEqual([]);
    });
  });
});

describe('identity headers', () => {
  it('H7: a line break in a trait stays inside its value', async () => {
    const email = 'a\r\nX-Admin: 1';
    const { token } = await gate.kratos.createSession({ traits: { email } });
    const { status } = await get(gate.port, '/required/x', { 'X-Session-Token': token });
    expect(status).toBe(200);
    expect(receivedValues('x-user-email')).toEqual(['a%0D%0AX-Admin%3A%201']);
    expect(received().map(([name]) => name)).not.toContain('x-admin');
  });

  it('H10: a trait that is too long for a header is dropped whole, and the rest is sent', async () => {
    const traits = { email: 'e'.repeat(65_536), team: 't' };
    const { token, session } = await gate.kratos.createSession({ traits });
    const { status } = await get(gate.port, '/required/x', { 'X-Session-Token': token });
    expect(status).toBe(200);
    expect(receivedValues('x-user-email')).toEqual([]);
    expect(receivedValues('x-user-id')).toEqual([session.identity.id]);
    expect(receivedValues('team-name')).toEqual(['t']);
  });
});

describe('response headers', () => {
  it('H6: an origin behind a service binding cannot send hop-by-hop, Connection-named and identity headers', async () => {
    await using bound = await startGate({ vars: { RULES: [{ path: '/hop', session: 'none' }] } });
    const response = await get(bound.port, '/hop');
    expect(response.text).toBe('hop\n');
    for (const name of ['x-internal', 'x-user-id'])
      expect([name, headerValues(response, name)]).toEqual([name, []]);
  });

  it('H6: an origin behind a socket cannot send them either, in any spelling', async () => {
    const response = await get(gate.port, '/public/hop');
    expect(response.status).toBe(200);
    expect(header(response, 'x-int')).toBeUndefined();
    expect(header(response, 'x_user.id')).toBeUndefined();
    expect(header(response, 'x-app')).toBe('a');
  });
});

describe('configured names', () => {
  it.each([
    ['an alias', { X_User: 'identity.id' }],
    ['a dot', { 'X.User': 'identity.id' }],
    ['two names that fold to one', { 'X-User': 'identity.id', 'x-user': 'identity.id' }],
    [
      'a run of dashes that folds to another',
      { 'X-User': 'identity.id', 'X--User': 'identity.id' },
    ],
    ['a name of the hop itself', { Connection: 'identity.id' }],
    ['a line break', { 'X-User\r\nX-Admin': 'identity.id' }],
    ['no name', { '': 'identity.id' }],
  ])('H4: %s stops the gate at its start', async (_, wrong) => {
    await using broken = await startGate({ vars: { RULES, IDENTITY_HEADERS: wrong } });
    for (const target of [...PATHS, '/sessions/whoami', '/.postern/health/ready']) {
      const response = await request(broken.port, { target });
      expect([response.status, header(response, 'postern-reason')]).toEqual([
        500,
        'configuration_invalid',
      ]);
    }
    expect((await broken.origin.calls()).requests).toEqual([]);
    expect((await broken.logs()).join('\n')).toContain('IDENTITY_HEADERS');
  });
});
