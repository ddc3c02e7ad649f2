import { generateKeyPairSync } from 'node:crypto';
import { decodeJwt } from 'jose';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { Assertions } from '../../src/forwarding/assertion.ts';
import { signingKeys } from '../../src/forwarding/assertion-keys.ts';
import { Identifier } from '../../src/forwarding/identification.ts';
import type { JsonObject } from '../../src/runtime/json.ts';
import type { Session } from '../../src/session/session.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const ORIGIN = 'https://origin.example.com';
const MAPPING = { 'X-User-Id': 'identity.id', 'X-User-Name': 'identity.traits.name' };

const session = (traits: JsonObject): Session => ({
  id: 'session-1',
  identity: { id: 'identity-1' },
  expiresAt: NOW + 3_600_000,
  document: { identity: { id: 'identity-1', traits } },
});

function assertionsWith(claims: Record<string, string>, now = () => NOW): Assertions {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = { ...privateKey.export({ format: 'jwk' }), kid: 'k', alg: 'ES256' };
  const [first, ...others] = v.parse(signingKeys, { keys: [key] });
  if (first === undefined) throw new Error('a key is needed');
  const keys = [first, ...others] as const;
  return new Assertions({ issuer: 'https://app.example.com', keys, claims, now });
}

async function identified(subject: Session | undefined, assertions?: Assertions) {
  const identifier = new Identifier({ mapping: MAPPING, maxBytes: 200, assertions });
  const result = await identifier.identify(subject, ORIGIN);
  if (!result.ok) throw new Error(result.failure.reason);
  return result.value;
}

describe('Identifier', () => {
  it('lists every header that it may send', () => {
    const options = { mapping: MAPPING, maxBytes: 200 };
    expect(new Identifier({ ...options, assertions: undefined }).headerNames).toEqual([
      'X-User-Id',
      'X-User-Name',
    ]);
    expect(new Identifier({ ...options, assertions: assertionsWith({}) }).headerNames).toEqual([
      'X-User-Id',
      'X-User-Name',
      'X-Session-Assertion',
    ]);
  });

  it('sends the origin no identity for an anonymous request', async () => {
    const nothing = { headers: [], omitted: [] };
    expect(await identified(undefined, assertionsWith({}))).toEqual(nothing);
  });

  it('sends the configured headers, and with keys an assertion for the audience', async () => {
    const ann = session({ name: 'Ann' });
    const plain = [
      ['X-User-Id', 'identity-1'],
      ['X-User-Name', 'Ann'],
    ];
    expect(await identified(ann)).toEqual({ headers: plain, omitted: [] });
    const { headers, omitted } = await identified(ann, assertionsWith({}));
    const [name, jwt = ''] = headers.at(-1) ?? [];
    expect([headers.slice(0, -1), name, omitted]).toEqual([plain, 'X-Session-Assertion', []]);
    expect(decodeJwt(jwt)).toMatchObject({ aud: ORIGIN, sub: 'identity-1' });
  });

  it('gives one value for as long as an assertion is used again, for each mapping and audience', async () => {
    let now = NOW;
    const identifier = new Identifier({
      mapping: MAPPING,
      maxBytes: 200,
      assertions: assertionsWith({}, () => now),
    });
    const ann = session({ name: 'Ann' });
    const own = { 'X-Name': 'identity.traits.name' };
    const identify = async (audience: string, mapping?: Record<string, string>) => {
      const result = await identifier.identify(ann, audience, mapping);
      if (!result.ok) throw new Error(result.failure.reason);
      return result.value;
    };
    const askAll = async () => [
      await identify(ORIGIN),
      await identify(ORIGIN, own),
      await identify('https://other.example.com'),
    ];
    const first = await askAll();
    now += 29_999;
    for (const [index, value] of (await askAll()).entries()) expect(value).toBe(first[index]);
    now += 1;
    const later = await askAll();
    const names = later.map(({ headers }) => headers.map(([name]) => name));
    expect(names).toEqual([
      ['X-User-Id', 'X-User-Name', 'X-Session-Assertion'],
      ['X-Name', 'X-Session-Assertion'],
      ['X-User-Id', 'X-User-Name', 'X-Session-Assertion'],
    ]);
    const issued = [...first, ...later].map(({ headers }) => decodeJwt(headers.at(-1)?.[1] ?? ''));
    const other = 'https://other.example.com';
    expect(issued.map(({ aud }) => aud)).toEqual([ORIGIN, ORIGIN, other, ORIGIN, ORIGIN, other]);
    expect(issued.map(({ iat = 0 }) => iat - NOW / 1000)).toEqual([0, 0, 0, 30, 30, 30]);
  });

  it('names each header and each claim that did not fit', async () => {
    const claims = { nickname: 'identity.traits.nickname', city: 'identity.traits.city' };
    const large = { nickname: 'x'.repeat(5000), city: 'y'.repeat(5000) };
    const omittedOf = async (traits: Record<string, string>) =>
      (await identified(session(traits), assertionsWith(claims))).omitted;
    expect(await omittedOf({ name: 'Ann', nickname: large.nickname })).toEqual(['claim nickname']);
    expect(await omittedOf({ name: 'x'.repeat(201) })).toEqual(['X-User-Name']);
    expect(await omittedOf({ name: 'x'.repeat(201), ...large })).toEqual([
      'X-User-Name',
      'claim nickname',
      'claim city',
    ]);
  });

  // Kratos decodes JSON with Go's encoding/json, which takes 10,000 levels (scanner.go, maxNestingDepth).
  it('drops traits that are nested too deeply to be written, like those that are too long', async () => {
    const nested = JSON.parse(`${'['.repeat(10_000)}${']'.repeat(10_000)}`);
    const claims = { nickname: 'identity.traits.nickname' };
    for (const deep of [nested, { a: nested }, [nested]]) {
      const subject = session({ name: deep, nickname: deep });
      const { headers, omitted } = await identified(subject, assertionsWith(claims));
      expect(headers[0]).toEqual(['X-User-Id', 'identity-1']);
      expect(omitted).toEqual(['X-User-Name', 'claim nickname']);
    }
  });

  it('is a fault for administrator metadata that is nested too deeply', async () => {
    const metadata_public = { role: JSON.parse(`${'['.repeat(10_000)}${']'.repeat(10_000)}`) };
    const { document, ...rest } = session({});
    const subject = {
      ...rest,
      document: { ...document, identity: { id: 'identity-1', metadata_public } },
    };
    const mapping = { 'X-Role': 'identity.metadata_public.role' };
    const ofHeaders = new Identifier({ mapping, maxBytes: 200, assertions: undefined });
    expect(await ofHeaders.identify(subject, ORIGIN)).toEqual({
      ok: false,
      failure: { reason: 'identity_too_large', detail: 'no room for X-Role' },
    });
    const assertions = assertionsWith({ role: 'identity.metadata_public.role' });
    const ofClaims = new Identifier({ mapping: {}, maxBytes: 200, assertions });
    expect(await ofClaims.identify(subject, ORIGIN)).toEqual({
      ok: false,
      failure: { reason: 'identity_too_large', detail: 'no room for claim role' },
    });
  });
});
