import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
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
