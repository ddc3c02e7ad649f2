import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { KEYCARD_CLAIMS, keycardTokenSession } from '../../src/tokens/keycard-token.ts';
import { KRATOS_CLAIMS, kratosTokenSession } from '../../src/tokens/kratos-token.ts';
import {
  fillFields,
  readSessionFields,
  type SessionField,
} from '../../src/tokens/proven-session.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const TIMES = { now: NOW, expiresAt: NOW + 600_000, compact: 'a.b.c' };
const BASE = {
  iss: 'https://auth.example.test/',
  sid: 'session-1',
  sub: 'identity-1',
  jti: undefined,
};
const SESSION = {
  id: 'session-1',
  active: true,
  expires_at: '2026-11-22T12:00:00Z',
  authenticator_assurance_level: 'aal2',
  identity: { id: 'identity-1', traits: { email: 'ada@example.test' } },
};

const kratos = (claims: object, fields: readonly SessionField[] = []) => {
  const result = kratosTokenSession({ ...BASE, ...claims }, TIMES, fields);
  return result.ok ? result.value : result.failure;
};

describe('kratosTokenSession()', () => {
  it('is the mapper’s session, and ends with the token', () => {
    const proven = kratos({ session: SESSION });
    if (typeof proven === 'string') throw new Error(proven);
    expect(JSON.parse(proven.body)).toEqual(SESSION);
    expect(proven.session).toMatchObject({
      id: 'session-1',
      identity: { id: 'identity-1' },
      expiresAt: TIMES.expiresAt,
      document: SESSION,
    });
  });

  it('ends with the session if the session ends first', () => {
    const proven = kratos({ session: { ...SESSION, expires_at: '2026-11-21T12:05:00Z' } });
    expect(proven).toMatchObject({ session: { expiresAt: NOW + 300_000 } });
    expect(kratos({ session: { ...SESSION, expires_at: '2026-11-21T12:00:00Z' } })).toBe(
      'token_expired',
    );
    expect(kratos({ session: { ...SESSION, expires_at: 'soon' } })).toBe('token_claim_invalid');
    expect(kratos({ session: { ...SESSION, expires_at: 7 } })).toBe('token_claim_invalid');
  });

  it('refuses a session claim about another session or person, or an inactive one', () => {
    expect(kratos({ session: { ...SESSION, id: 'session-2' } })).toBe('token_claim_invalid');
    expect(kratos({ session: { identity: { id: 'identity-2' } } })).toBe('token_claim_invalid');
    expect(kratos({ session: { identity: { id: 7 } } })).toBe('token_claim_invalid');
    expect(kratos({ session: { ...SESSION, active: false } })).toBe('token_revoked');
  });

  it('reads the external id as the subject if the template says so', () => {
    const session = { identity: { id: 'identity-1', external_id: 'ext-1' } };
    expect(kratos({ sub: 'ext-1', session })).toMatchObject({
      session: { identity: { id: 'identity-1' } },
    });
    expect(kratos({ sub: 'ext-2', session })).toBe('token_claim_invalid');
  });

  it('adds no values if the session claim is missing', () => {
    const proven = kratos({});
    if (typeof proven === 'string') throw new Error(proven);
    expect(JSON.parse(proven.body)).toEqual({
      id: 'session-1',
      active: true,
      expires_at: '2026-11-21T12:10:00.000Z',
      identity: { id: 'identity-1' },
    });
  });

  it('fills configured members, and overrides no claim of the issuer', () => {
    const fields = [
      ['identity.traits.email', 'other@example.test'],
      ['identity.traits.name', 'Ada'],
      ['id', 'session-2'],
      ['active', 'no'],
      ['authenticator_assurance_level.x', 'aal3'],
    ].map(([path = '', value = '']) => ({ path, value, writer: 'issuer' as const }));
    const proven = kratos({ session: SESSION }, fields);
    if (typeof proven === 'string') throw new Error(proven);
    expect(JSON.parse(proven.body)).toEqual({
      ...SESSION,
      identity: { id: 'identity-1', traits: { email: 'ada@example.test', name: 'Ada' } },
    });
    // The earlier value was not the claim's, so the claim's writer is not its writer.
    expect(proven.session.claimed).toEqual([{ path: 'identity.traits.name', writer: 'issuer' }]);
  });
});

it('a field named __proto__ is a member of the document, and no prototype', () => {
  for (const path of ['identity.traits.__proto__', 'identity.traits.__proto__.role']) {
    const document = { identity: { traits: { name: 'Ada' } } };
    const value = path.endsWith('role') ? 'admin' : { role: 'admin' };
    expect(fillFields(document, [{ path, value, writer: 'person' }])).toEqual([
      { path, writer: 'person' },
    ]);
    const { traits } = document.identity;
    expect(JSON.stringify(traits)).toBe('{"name":"Ada","__proto__":{"role":"admin"}}');
    expect('role' in traits).toBe(false);
  }
});

describe('readSessionFields()', () => {
  it('reads claims and members in them, own members only', () => {
    const claims = { email: 'a@example.test', ext: { team: 'red' }, roles: ['a', 'b'] };
    expect(
      readSessionFields(claims, {
        'identity.traits.email': 'email',
        'identity.metadata_public.team': 'ext.team',
        'identity.metadata_public.roles': 'roles',
        'identity.traits.none': 'missing',
        'identity.traits.inherited': 'toString',
      }),
    ).toEqual([
      { path: 'identity.traits.email', value: 'a@example.test', writer: 'person' },
      { path: 'identity.metadata_public.team', value: 'red', writer: 'person' },
      { path: 'identity.metadata_public.roles', value: ['a', 'b'], writer: 'issuer' },
    ]);
  });

  it('H19: treats a claim as written by the person, unless the issuer sets it or its settings trust it', () => {
    const claims = { plan: 'p', ext: { team: 'red', name: 'n' }, sub: 's', extra: 'e' };
    const mapping = { a: 'plan', b: 'ext.team', c: 'ext.name', d: 'sub', e: 'ext', f: 'extra' };
    const writers = (trusted: string[]) =>
      readSessionFields(claims, mapping, trusted).map(({ path, writer }) => [path, writer]);
    expect(Object.fromEntries(writers(['plan', 'ext.team', 'ex']))).toEqual({
      a: 'issuer',
      b: 'issuer',
      c: 'person',
      d: 'issuer',
      e: 'person', // it holds the name
      f: 'person',
    });
    expect(Object.fromEntries(writers(['ext']))).toMatchObject({ b: 'issuer', c: 'issuer' });
  });
});

// RFC 7519 section 4, RFC 8693 section 4.1: `act` is a JSON object. A claims mapper's `session` is a session document.
describe.each([
  ['session', KRATOS_CLAIMS, { iss: 'https://i.example/', sid: 's', sub: 'u' }],
  ['act', KEYCARD_CLAIMS, { iss: 'https://z.keycard.cloud', sub: 'u', client_id: 'c' }],
])('the claim %s', (name, schema, claims) => {
  it.each([[[]], [[{ sub: 'a' }]], ['text'], [7], [true], [null]])('cannot be %j', (value) => {
    expect(v.is(schema, { ...claims, [name]: value })).toBe(false);
  });

  it('can be an object, or missing', () => {
    expect(v.is(schema, { ...claims, [name]: { sub: 'a' } })).toBe(true);
    expect(v.is(schema, claims)).toBe(true);
  });
});

describe('keycardTokenSession()', () => {
  it('finds the zone of Keycard’s own issuer, and of no other', async () => {
    const zoneOf = async (iss: string) => {
      const claims = { iss, sub: 'u', client_id: 'c' };
      const result = await keycardTokenSession(claims, TIMES, []);
      return result.ok ? result.value.session.document.zone_id : undefined;
    };
    expect(await zoneOf('https://zone-1.keycard.cloud')).toBe('zone-1');
    expect(await zoneOf('https://zone-1.keycard.cloud.evil.example')).toBeUndefined();
    expect(await zoneOf('https://auth.example.test')).toBeUndefined();
  });

  it('has the scope in its session data, if the token has one (RFC 9068 section 2.2.3)', async () => {
    const dataOf = async (scope?: string) => {
      const claims = { iss: 'https://z.keycard.cloud', sub: 'u', client_id: 'c' };
      const result = await keycardTokenSession({ ...claims, ...(scope && { scope }) }, TIMES, []);
      return result.ok && result.value.session.document.session_data;
    };
    expect(await dataOf('read write')).toStrictEqual({ client_id: 'c', scope: 'read write' });
    expect(await dataOf()).toStrictEqual({ client_id: 'c' });
  });

  describe('the principal (`AccessToken` of keycardai/oauth/server/verifier.py)', () => {
    const documentOf = async (claims: object) => {
      const all = {
        iss: 'https://z.keycard.cloud',
        sub: 'app_7f3',
        client_id: 'cred-9',
        ...claims,
      };
      const result = await keycardTokenSession(all, TIMES, []);
      return result.ok ? JSON.parse(result.value.body) : result.failure;
    };

    it('is an application if sub_profile is app, with any credential', async () => {
      for (const claims of [
        { sub_profile: 'app', keycard_app_id: 'app_7f3' },
        { sub_profile: 'app' },
        { keycard_app_id: 'app_7f3' },
        { sub: 'cred-9' },
      ] as const) {
        const document = await documentOf(claims);
        const application = 'sub' in claims ? claims.sub : 'app_7f3';
        expect(document).toMatchObject({
          session_type: 'application',
          application_id: application,
          subject: application,
          issuer: 'https://z.keycard.cloud',
          provider_id: expect.any(String), // a required member of IamApplicationSessionType
        });
        expect(document).not.toHaveProperty('user_id');
      }
    });

    it('is a user if sub_profile is user, also where the id equals the credential’s', async () => {
      const user = { sub_profile: 'user', keycard_app_id: 'app_7f3', sub: 'cred-9' } as const;
      expect(await documentOf(user)).toMatchObject({
        session_type: 'user',
        user_id: 'cred-9',
        application_id: 'app_7f3',
      });
    });

    it('names the stable application and no credential as application_id', async () => {
      const { keycard_app_id: _, ...without } = {
        sub: 'u',
        sub_profile: 'user',
        keycard_app_id: '',
      };
      expect(await documentOf(without)).not.toHaveProperty('application_id');
      expect(await documentOf({ sub: 'u' })).toMatchObject({ application_id: 'cred-9' });
    });

    it('names a self-registered client as the user agent', async () => {
      const agent = `ua:${'0f'.repeat(32)}`;
      const document = await documentOf({ sub: 'u', client_id: agent });
      expect(document).toMatchObject({ session_type: 'user', user_agent_id: agent });
      expect(document).not.toHaveProperty('application_id');
    });

    it('refuses an application’s token whose subject is not that application', async () => {
      const claims = { sub: 'user-1', sub_profile: 'app', keycard_app_id: 'app_7f3' };
      expect(await documentOf(claims)).toBe('token_claim_invalid');
    });

    it('keeps the chain of actors (RFC 8693 section 4.1)', async () => {
      const act = { sub: 'app_1', act: { sub: 'app_2' } };
      const document = await documentOf({ sub: 'u', sub_profile: 'user', act });
      expect(document.session_data).toEqual({ client_id: 'cred-9', act });
    });

    it('shows the id of a session, and never the id of a token', async () => {
      expect(await documentOf({ jti: 'token-1', sid: 'session-1' })).toMatchObject({
        id: 'session-1',
      });
      expect(await documentOf({ jti: 'token-1' })).not.toHaveProperty('id');
    });
  });

  it('has the identity for rules and headers, and does not show it', async () => {
    const claims = { iss: 'https://z.keycard.cloud', sub: 'user-1', client_id: 'c', jti: 'j' };
    const result = await keycardTokenSession(claims, TIMES, []);
    if (!result.ok) throw new Error('refused');
    expect(result.value.session.document.identity).toEqual({ id: 'user-1' });
    expect(JSON.parse(result.value.body)).not.toHaveProperty('identity');
  });

  it('puts configured members where rules and headers read them, and keeps the id', async () => {
    const claims = { iss: 'https://z.keycard.cloud', sub: 'user-1', client_id: 'c', jti: 'j' };
    const fields = ['identity.traits.name', 'identity.id'].map((path) => ({
      path,
      value: 'Ada',
      writer: 'person' as const,
    }));
    const result = await keycardTokenSession(claims, TIMES, fields);
    if (!result.ok) throw new Error('refused');
    const { session, body } = result.value;
    expect(session.document.identity).toEqual({ id: 'user-1', traits: { name: 'Ada' } });
    expect(session.claimed).toEqual([{ path: 'identity.traits.name', writer: 'person' }]);
    expect(JSON.parse(body).identity).toEqual({ traits: { name: 'Ada' } });
  });
});
