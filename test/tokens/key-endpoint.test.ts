import { describe, expect, it } from 'vitest';
import { KeyEndpoint, type KeyLocation, metadataUrls } from '../../src/tokens/key-endpoint.ts';

const ISSUER = 'https://zone.example.test';
const KEYS_URL = `${ISSUER}/keys`;
const OAUTH = `${ISSUER}/.well-known/oauth-authorization-server`;
const OPENID = `${ISSUER}/.well-known/openid-configuration`;

type Answers = Readonly<Record<string, unknown>>;

function endpoint(answers: Answers, location: Partial<KeyLocation> = {}) {
  const asked: string[] = [];
  const world = { now: 0 };
  const keys = new KeyEndpoint({
    location: {
      kind: 'discovery',
      issuer: ISSUER,
      allowsOtherOrigin: false,
      ...location,
    } as KeyLocation, // one of its kinds
    timeoutMs: 50,
    fetch: async (request) => {
      asked.push(request.url);
      expect([request.method, request.redirect]).toEqual(['GET', 'manual']);
      const answer = answers[request.url];
      if (answer instanceof Error) throw answer;
      if (typeof answer === 'function') return answer();
      if (answer === 'never') {
        return new Promise((_, reject) => {
          request.signal.addEventListener('abort', () => reject(request.signal.reason));
        });
      }
      return answer === undefined ? new Response('', { status: 404 }) : Response.json(answer);
    },
    now: () => world.now,
  });
  return { keys, asked, world };
}

describe('metadataUrls()', () => {
  it('puts the well-known part between host and path, and OpenID’s after the path (RFC 8414 section 3.1)', () => {
    expect(metadataUrls('https://a.example/tenant/1')).toEqual([
      'https://a.example/.well-known/oauth-authorization-server/tenant/1',
      'https://a.example/tenant/1/.well-known/openid-configuration',
    ]);
    expect(metadataUrls('https://a.example:8443/')).toEqual([
      'https://a.example:8443/.well-known/oauth-authorization-server',
      'https://a.example:8443/.well-known/openid-configuration',
    ]);
  });
});

describe('KeyEndpoint', () => {
  it('reads the set at a configured URL, and calls no other URL', async () => {
    const { keys, asked } = endpoint({ [KEYS_URL]: { keys: [] } }, { kind: 'url', url: KEYS_URL });
    expect(await keys.fetchKeySet()).toEqual({ ok: true, value: { keys: [] } });
    expect(asked).toEqual([KEYS_URL]);
  });

  // RFC 7517: a set, its list, a key, and a list such as `x5c` are four levels. docs/tokens.md: eight are accepted.
  it.each([
    [4, { ok: true }],
    [8, { ok: true }],
    [9, { ok: false, failure: 'keys-too-deep' }],
  ])('accepts a set that is nested up to eight levels deep: %i', async (levels, expected) => {
    let value: unknown = [];
    for (let level = 2; level < levels; level += 1) value = [value];
    const { keys } = endpoint({ [KEYS_URL]: { keys: value } }, { kind: 'url', url: KEYS_URL });
    expect(await keys.fetchKeySet()).toMatchObject(expected);
  });

  it('finds the set by RFC 8414 metadata, else by OpenID’s, and caches its URL for an hour', async () => {
    const metadata = { issuer: ISSUER, jwks_uri: KEYS_URL };
    const oauth = endpoint({ [OAUTH]: metadata, [KEYS_URL]: { keys: [] } });
    await oauth.keys.fetchKeySet();
    await oauth.keys.fetchKeySet();
    expect(oauth.asked).toEqual([OAUTH, KEYS_URL, KEYS_URL]);
    oauth.world.now = 3_600_000;
    await oauth.keys.fetchKeySet();
    expect(oauth.asked.slice(3)).toEqual([OAUTH, KEYS_URL]);
    const openid = endpoint({ [OPENID]: metadata, [KEYS_URL]: { keys: [] } });
    expect((await openid.keys.fetchKeySet()).ok).toBe(true);
    expect(openid.asked).toEqual([OAUTH, OPENID, KEYS_URL]);
  });

  it('runs discovery again after the keys were unavailable', async () => {
    const { keys, asked } = endpoint({ [OAUTH]: { issuer: ISSUER, jwks_uri: KEYS_URL } });
    expect(await keys.fetchKeySet()).toEqual({ ok: false, failure: 'keys-404' });
    await keys.fetchKeySet();
    expect(asked).toEqual([OAUTH, KEYS_URL, OAUTH, KEYS_URL]);
  });

  it('refuses metadata of another issuer, and keys without https or at another host', async () => {
    for (const [metadata, failure] of [
      [{ issuer: `${ISSUER}/`, jwks_uri: KEYS_URL }, 'metadata-issuer-differs'],
      [{ jwks_uri: KEYS_URL }, 'metadata-issuer-differs'],
      [{ issuer: ISSUER }, 'metadata-keys-not-https'],
      [{ issuer: ISSUER, jwks_uri: 'http://zone.example.test/keys' }, 'metadata-keys-not-https'],
      [{ issuer: ISSUER, jwks_uri: 'http://127.0.0.1/keys' }, 'metadata-keys-not-https'],
      [{ issuer: ISSUER, jwks_uri: 'data:application/json,{}' }, 'metadata-keys-not-https'],
      [{ issuer: ISSUER, jwks_uri: 'https://evil.example/keys' }, 'metadata-keys-elsewhere'],
    ] as const) {
      const { keys, asked } = endpoint({ [OAUTH]: metadata });
      expect(await keys.fetchKeySet()).toEqual({ ok: false, failure });
      expect(asked).toEqual([OAUTH, OPENID]);
    }
  });

  // RFC 8414 section 3.3: metadata of another issuer must not be used. OpenID Connect Discovery section 4 has an
  // address of its own, and a site often answers every unknown address with a page or a document of 200.
  it.each<[string, unknown]>([
    ['no issuer', { version: '1.0' }],
    ['another issuer', { issuer: `${ISSUER}/other`, jwks_uri: KEYS_URL }],
    ['issuer null', { issuer: null, jwks_uri: KEYS_URL }],
    ['no jwks_uri', { issuer: ISSUER }],
    ['jwks_uri null', { issuer: ISSUER, jwks_uri: null }],
    ['a page', () => new Response('<!doctype html>')],
    ['a list', []],
    ['an error', () => new Response('', { status: 500 })],
  ])('K11: calls the OpenID address after an RFC 8414 document with %s', async (_, document) => {
    const openid = { issuer: ISSUER, jwks_uri: KEYS_URL };
    const answers = { [OAUTH]: document, [OPENID]: openid, [KEYS_URL]: { keys: [] } };
    const { keys, asked } = endpoint(answers);
    expect(await keys.fetchKeySet()).toEqual({ ok: true, value: { keys: [] } });
    expect(asked).toEqual([OAUTH, OPENID, KEYS_URL]);
  });

  it('K5: uses neither document if both belong to another issuer', async () => {
    const other = { issuer: 'https://evil.example', jwks_uri: KEYS_URL };
    const { keys, asked } = endpoint({ [OAUTH]: other, [OPENID]: other, [KEYS_URL]: { keys: [] } });
    expect(await keys.fetchKeySet()).toEqual({ ok: false, failure: 'metadata-issuer-differs' });
    expect(asked).toEqual([OAUTH, OPENID]);
  });

  it('follows metadata to another origin only if that is allowed', async () => {
    const elsewhere = 'https://keys.example.test/zone';
    const answers = { [OAUTH]: { issuer: ISSUER, jwks_uri: elsewhere }, [elsewhere]: { keys: [] } };
    expect((await endpoint(answers, { allowsOtherOrigin: true }).keys.fetchKeySet()).ok).toBe(true);
  });

  it('names the error, and repeats no text of the endpoint', async () => {
    for (const [answer, failure] of [
      [() => new Response('secret', { status: 500 }), 'keys-500'],
      [() => new Response(null, { status: 302, headers: { location: '/x' } }), 'keys-redirect'],
      [() => new Response('<!doctype html>'), 'keys-malformed'],
      [() => new Response('{"keys":[],"keys":[]}'), 'keys-malformed'],
      [() => new Response('[]'), 'keys-malformed'],
      [() => new Response(' '.repeat(64 * 1024 + 1)), 'keys-too-long'],
      [new TypeError('connection refused'), 'keys-unreachable'],
      ['never', 'keys-timeout'],
    ] as const) {
      const { keys } = endpoint({ [KEYS_URL]: answer }, { kind: 'url', url: KEYS_URL });
      expect(await keys.fetchKeySet()).toEqual({ ok: false, failure });
    }
  });
});
