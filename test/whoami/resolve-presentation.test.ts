import { describe, expect, it } from 'vitest';
import type { Credential, Presentation } from '../../src/credentials/credential.ts';
import { concludeAnswer, unknown } from '../../src/whoami/conclusions.ts';
import type { Resolution } from '../../src/whoami/resolution.ts';
import { resolvePresentation } from '../../src/whoami/resolve-presentation.ts';
import { checkedSession } from './checked-sessions.ts';
import { confirmedRefusal } from './confirmed-refusals.ts';

const CIRCUMSTANCES = { startedAt: 0, logPosition: 0, now: 1, forwarded: 'miss' } as const;

/** What each credential value of these tests stands for. */
const ANSWERS: Record<string, Resolution> = {
  dead: concludeAnswer(confirmedRefusal('dead'), CIRCUMSTANCES),
  weak: concludeAnswer({ kind: 'insufficient', body: 'weak' }, CIRCUMSTANCES),
  doubt: unknown('store-503', 2, 'miss'),
  ...Object.fromEntries(
    [
      ['ann', 'session-1', 'ann'],
      ['ann2', 'session-2', 'ann'],
      ['bob', 'session-3', 'bob'],
    ].map(([value = '', id = '', identityId = '']) => {
      const { session, body } = checkedSession({ id, identityId });
      const answer = { kind: 'session', session, body, setCookies: [] } as const;
      return [value, concludeAnswer({ ...answer, cacheForSeconds: undefined }, CIRCUMSTANCES)];
    }),
  ),
};

function candidates(first: string, ...others: string[]): Presentation {
  const cookie = (value: string): Credential => ({
    carrier: { kind: 'cookie', cookieName: 's' },
    value,
  });
  return { kind: 'candidates', candidates: [cookie(first), ...others.map(cookie)] };
}

async function resolve(presentation: Presentation) {
  const asked: string[] = [];
  const ask =
    (prefix: string) =>
    async ({ value }: { readonly value: string }) => {
      asked.push(`${prefix}${value}`);
      return ANSWERS[value] ?? expect.fail(`no answer for ${value}`);
    };
  const resolution = await resolvePresentation(presentation, ask(''), ask('token '));
  return { resolution, asked };
}

describe('resolvePresentation()', () => {
  it.each([
    [{ kind: 'none' }, 'credential_missing'],
    [{ kind: 'unusable', reason: 'credential_malformed' }, 'credential_malformed'],
    [{ kind: 'unusable', reason: 'credential_ambiguous' }, 'credential_ambiguous'],
    [{ kind: 'unusable', reason: 'credential_conflicting' }, 'credential_malformed'],
    [{ kind: 'unusable', reason: 'token_too_long' }, 'token_too_long'],
  ] as const)('asks nobody about %j', async (presentation, reason) => {
    const { resolution, asked } = await resolve(presentation);
    expect(asked).toEqual([]);
    expect(resolution).toMatchObject({ outcome: 'not-signed-in', reason });
  });

  it('asks about tokens where tokens are proven, and by the same rules', async () => {
    const [value = ''] = Object.keys(ANSWERS);
    const tokens = { kind: 'tokens', candidates: [{ value }, { value }] } as const;
    const { resolution, asked } = await resolve(tokens);
    expect(resolution).toBe(ANSWERS[value]);
    expect(asked).toEqual([`token ${value}`, `token ${value}`]);
  });

  it('takes the one credential for what it is', async () => {
    for (const value of Object.keys(ANSWERS))
      expect((await resolve(candidates(value))).resolution).toBe(ANSWERS[value]);
  });

  it.each([
    [['dead', 'ann'], 'ann'],
    [['ann', 'dead'], 'ann'],
    [['dead', 'dead', 'bob'], 'bob'],
    [['ann', 'ann2'], 'ann'],
    [['ann2', 'ann', 'dead'], 'ann2'],
    [['dead', 'dead'], 'dead'],
    [['ann', 'doubt'], 'doubt'],
    [['doubt', 'dead'], 'doubt'],
    [['weak', 'doubt'], 'doubt'],
    [['weak', 'dead'], 'weak'],
  ] as const)('of %j, %s wins', async ([first, ...others], winner) => {
    const { resolution, asked } = await resolve(candidates(first, ...others));
    expect(resolution).toBe(ANSWERS[winner]);
    const isGood = resolution.outcome === 'signed-in';
    expect(asked).toEqual([first, ...others, ...(isGood ? [winner] : [])]);
  });

  it.each([[['ann', 'bob']], [['bob', 'dead', 'ann']], [['ann', 'ann2', 'bob']]] as const)(
    'calls %j, good for two people, nobody',
    async ([first, ...others]) => {
      const { resolution } = await resolve(candidates(first, ...others));
      expect(resolution).toMatchObject({
        outcome: 'not-signed-in',
        reason: 'credential_ambiguous',
      });
    },
  );
});
