import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type KeycardHandle, keycardHandle } from '../support/standin-control.ts';
import { type RunningStandin, startStandin } from './start-standin.ts';

let running: RunningStandin;
let keycard: KeycardHandle;

beforeAll(async () => {
  running = await startStandin('keycard');
  keycard = keycardHandle(running.origin);
});
afterAll(() => running.stop());
afterEach(() => keycard.reset());

const call = (path: string, init?: RequestInit) =>
  fetch(`${running.origin}${path}`, { redirect: 'manual', ...init });
const json = async (path: string) => (await call(path)).json();
const METADATA = '/.well-known/oauth-authorization-server';
const KEYS = '/openidconnect/jwks';

describe('the zone', () => {
  it('has metadata whose keys verify the tokens it mints (RS256, kid)', async () => {
    const metadata = (await json(METADATA)) as { issuer: string; jwks_uri: string };
    expect(metadata.issuer).toBe(running.origin);
    const keys = createLocalJWKSet(await (await fetch(metadata.jwks_uri)).json());
    const token = await keycard.createToken({ audience: 'a', claims: { jti: null, x: 1 } });
    const { payload } = await jwtVerify(token, keys, { issuer: metadata.issuer, audience: 'a' });
    expect(payload).toMatchObject({ sub: 'user-1', client_id: 'client-1', x: 1 });
    expect(payload).not.toHaveProperty('jti');
    expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'RS256', typ: 'at+jwt' });
  });

  it('issues a person’s token for a code, once, with its verifier and for its resource (RFC 7636, RFC 8707)', async () => {
    const redirectUri = 'http://127.0.0.1:1/callback';
    const registered = await call('/oauth/2/clients', {
      method: 'POST',
      body: JSON.stringify({ redirect_uris: [redirectUri] }),
    });
    const { client_id: clientId } = (await registered.json()) as { client_id: string };
    expect(clientId).toMatch(/^ua:[0-9a-f]{64}$/);
    // The verifier and its challenge are those of RFC 7636 appendix B.
    const query = {
      response_type: 'code',
      client_id: clientId,
      redirect_uri: redirectUri,
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
      resource: 'https://a.example',
      scope: 'read',
      state: 's',
    };
    const authorize = async (changes: object = {}) => {
      const asked = new URLSearchParams({ ...query, ...changes });
      const { status, headers } = await call(`/oauth/2/authorize?${asked}`);
      const location = headers.get('location');
      return location === null ? status : new URL(location).searchParams;
    };
    const codeOf = async () => {
      const back = await authorize();
      if (typeof back === 'number') throw new Error(`no redirect: ${back}`);
      expect([back.get('state'), back.get('iss')]).toEqual(['s', running.origin]);
      return back.get('code') ?? '';
    };
    const exchange = async (code: string, changes: object = {}) => {
      const form = {
        grant_type: 'authorization_code',
        code,
        client_id: clientId,
        redirect_uri: redirectUri,
        code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
        resource: 'https://a.example',
      };
      const body = new URLSearchParams({ ...form, ...changes });
      return (await call('/oauth/2/token', { method: 'POST', body })).json();
    };
    const code = await codeOf();
    const issued = await exchange(code);
    expect(issued).toMatchObject({ token_type: 'Bearer', scope: 'read' });
    const { access_token: token } = issued as { access_token: string };
    expect(decodeJwt(token)).toMatchObject({
      sub: 'user-1',
      sub_profile: 'user',
      client_id: clientId,
      aud: 'https://a.example',
      scope: 'read',
    });
    expect(await exchange(code)).toEqual({ error: 'invalid_grant' });
    for (const changes of [{ code_verifier: 'x' }, { client_id: 'x' }, { redirect_uri: 'x' }]) {
      expect(await exchange(await codeOf(), changes)).toEqual({ error: 'invalid_grant' });
    }
    expect(await exchange(await codeOf(), { resource: 'x' })).toEqual({ error: 'invalid_target' });
    for (const changes of [{ client_id: 'x' }, { redirect_uri: 'http://evil.example' }]) {
      expect(await authorize(changes)).toBe(400);
    }
    await keycard.control({ resources: ['https://a.example/'] });
    expect(String(await authorize())).toContain('error=invalid_target');
  });

  it('issues an application’s token for client credentials, and refuses a request without them', async () => {
    const body = new URLSearchParams({ grant_type: 'client_credentials' });
    const headers = { Authorization: `Basic ${btoa('app:secret')}` };
    const answer = await call('/oauth/2/token', { method: 'POST', headers, body });
    expect(await answer.json()).toMatchObject({ token_type: 'Bearer', expires_in: 3600 });
    expect((await call('/oauth/2/token', { method: 'POST', body })).status).toBe(401);
  });

  it('rotates: a new key signs, and older ones stay for the requested time', async () => {
    await keycard.createToken();
    const kids = async () =>
      ((await json(KEYS)) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
    const [old] = await kids();
    await keycard.rotate({ signs: false });
    expect(decodeProtectedHeader(await keycard.createToken()).kid).toBe(old);
    await keycard.rotate({ keeps: 1 });
    const now = await kids();
    expect(now).toHaveLength(2);
    expect(now).not.toContain(old);
    expect(decodeProtectedHeader(await keycard.createToken()).kid).toBe(now[0]);
    const stranger = decodeProtectedHeader(await keycard.createToken({ unpublished: true })).kid;
    expect(now).not.toContain(stranger);
  });

  it('misbehaves as configured', async () => {
    await keycard.control({ keySet: 'down' });
    expect((await call(KEYS)).status).toBe(503);
    await keycard.control({ keySet: 'redirect' });
    expect((await call(KEYS)).status).toBe(302);
    await keycard.control({ keySet: 'private' });
    expect(await (await call(KEYS)).text()).toContain('"d":');
    await keycard.control({ keySet: 'huge' });
    expect((await (await call(KEYS)).text()).length).toBeGreaterThan(1_000_000);
    await keycard.control({ keySet: 'empty', delayMs: 60, metadata: { issuer: 'x' } });
    const startedAt = performance.now();
    expect(await json(KEYS)).toEqual({ keys: [] });
    expect(performance.now() - startedAt).toBeGreaterThan(55);
    expect(await json(METADATA)).toMatchObject({ issuer: 'x' });
    await keycard.control({ metadataAt: 'openid' });
    expect((await call(METADATA)).status).toBe(404);
    expect((await call('/.well-known/openid-configuration')).status).toBe(200);
  });

  it('records calls, except those of the test', async () => {
    await keycard.clearCalls();
    await call(KEYS);
    await keycard.createToken();
    expect((await keycard.calls()).counts).toEqual({ [`GET ${KEYS}`]: 1 });
  });

  it('refuses an unknown setting', async () => {
    await expect(keycard.control({ keyset: 'down' } as never)).rejects.toThrow('400');
  });
});
