import { expect, it } from 'vitest';
import type { Credential, Presentation } from '../../src/credentials/credential.ts';
import type { Resolution } from '../../src/whoami/resolution.ts';
import { resolvePresentations } from '../../src/whoami/resolve-presentation.ts';

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

const TWO: Presentation = { kind: 'candidates', candidates: [cookie('dead'), cookie('good')] };

it('resolvePresentations() holds the good one of several cookies once more, for another may have taken long', async () => {
  const asked: string[] = [];
  const answers = [NOBODY, SOMEBODY, NOBODY];
  const resolve = async ({ value }: { readonly value: string }) => {
    asked.push(value);
    return answers[asked.length - 1] ?? NOBODY;
  };
  const found = await resolvePresentations([TWO], { session: resolve, token: resolve });
  expect(found).toMatchObject({ ok: true, value: { resolution: NOBODY } });
  expect(asked).toEqual(['dead', 'good', 'good']);
});

it('resolvePresentations() gives the first answer, renewed cookies included, when that still holds', async () => {
  const resolve = async ({ value }: { readonly value: string }) =>
    value === 'good' ? { ...SOMEBODY } : NOBODY;
  const found = await resolvePresentations([TWO], { session: resolve, token: resolve });
  const resolution = { outcome: 'signed-in', setCookies: ['renewed'] };
  expect(found).toMatchObject({ ok: true, value: { resolution } });
});
