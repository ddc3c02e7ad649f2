import { expect, it } from 'vitest';
import type { Credential, PresentedCredentials } from '../../src/credentials/credential.ts';
import { NO_REQUIREMENT } from '../../src/sessions/freshness.ts';
import type { Resolution } from '../../src/sessions/resolution.ts';
import { resolveCredentials } from '../../src/sessions/resolve-credentials.ts';
import { authority } from '../support/authority.ts';

const PROVENANCE = {
  tier: 'memory',
  forwarded: undefined,
  ageSeconds: 0,
  ttlSeconds: undefined,
  collapsed: false,
  fault: undefined,
} as const;

const NOBODY: Resolution = {
  outcome: 'not-signed-in',
  reason: 'session_inactive',
  body: undefined,
  mayClearCookie: true,
  provenance: PROVENANCE,
};
const SOMEBODY: Resolution = {
  outcome: 'signed-in',
  session: { id: 's', identity: { id: 'i' }, expiresAt: 1, document: {} },
  body: '{}',
  logPosition: 0,
  setCookies: ['renewed'],
  cacheForSeconds: undefined,
  provenance: PROVENANCE,
};

function cookie(value: string): Credential {
  return { carrier: { kind: 'cookie', cookieName: 'c' }, value };
}

const HOST = authority('app.example.test');
const TERMS = { requirement: NO_REQUIREMENT, host: HOST, waitUntil: () => {} };

const TWO: PresentedCredentials = {
  kind: 'candidates',
  candidates: [cookie('dead'), cookie('good')],
};

it('resolveCredentials() checks the valid cookie again, because the lookup of another one may take long', async () => {
  const asked: string[] = [];
  const answers = [NOBODY, SOMEBODY, NOBODY];
  const resolve = async ({ value }: { readonly value: string }) => {
    asked.push(value);
    return answers[asked.length - 1] ?? NOBODY;
  };
  const found = await resolveCredentials(
    [TWO],
    { sessions: { resolve }, tokens: { resolve } },
    TERMS,
  );
  // The first of two good ones is revoked, the second may be good still: the name is not cleared.
  expect(found).toMatchObject({ ok: true, value: { resolution: NOBODY, deadCookies: [] } });
  expect(asked).toEqual(['dead', 'good', 'good']);
});

it('resolveCredentials() returns the first answer with renewed cookies if it is still valid', async () => {
  const resolve = async ({ value }: { readonly value: string }) =>
    value === 'good' ? { ...SOMEBODY } : NOBODY;
  const found = await resolveCredentials(
    [TWO],
    { sessions: { resolve }, tokens: { resolve } },
    TERMS,
  );
  const resolution = { outcome: 'signed-in', setCookies: ['renewed'] };
  expect(found).toMatchObject({ ok: true, value: { resolution } });
});

it('T14: the second lookup of a valid credential counts: a revoked one is followed by the next only within four', async () => {
  const bearer: PresentedCredentials = {
    kind: 'candidates',
    candidates: [{ carrier: { kind: 'bearer' }, value: 'bearer' }],
  };
  const three: PresentedCredentials = {
    kind: 'candidates',
    candidates: [cookie('dead'), cookie('dead too'), cookie('good')],
  };
  const lookUpsOf = async (cookies: PresentedCredentials) => {
    const asked: string[] = [];
    const resolve = async ({ value }: { readonly value: string }) => {
      asked.push(value);
      return value === 'good' && asked.indexOf('good') === asked.length - 1 ? SOMEBODY : NOBODY;
    };
    await resolveCredentials(
      [cookies, bearer],
      { sessions: { resolve }, tokens: { resolve } },
      TERMS,
    );
    return asked;
  };
  expect(await lookUpsOf(TWO)).toEqual(['dead', 'good', 'good', 'bearer']);
  expect(await lookUpsOf(three)).toEqual(['dead', 'dead too', 'good', 'good']);
});
