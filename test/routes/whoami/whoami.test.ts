import { describe, expect, it } from 'vitest';
import type { PresentedCredentials } from '../../../src/credentials/credential.ts';
import type { AdmittedTarget } from '../../../src/http/admit.ts';
import type { Decision } from '../../../src/observability/decision-log.ts';
import type { StoreAnswer } from '../../../src/providers/session-store.ts';
import { KRATOS_ANSWERS } from '../../../src/routes/whoami/kratos-answers.ts';
import { whoami } from '../../../src/routes/whoami/whoami.ts';
import { NOTHING_ASKED, type Resolution } from '../../../src/sessions/resolution.ts';
import { createWorld, credential, FAULT, T, yes } from '../../sessions/sessions-world.ts';

const SESSION: PresentedCredentials = { kind: 'candidates', candidates: [credential] };
const TOKEN: PresentedCredentials = {
  kind: 'tokens',
  candidates: [{ carrier: { kind: 'bearer' }, value: 'a.b.c' }],
};

/** whoami over a store and tokens that answer as told. */
function createWhoami(presented: PresentedCredentials, token?: Resolution) {
  const world = createWorld();
  world.answer = yes({ expiresAt: T + 600_000 });
  const lines: Decision[] = [];
  const log = (_: unknown, describe: () => Decision) => void lines.push(describe());
  const ask = async ({ cacheControl = '', search = '' } = {}) => {
    const request = new Request(`https://app.example.test/sessions/whoami${search}`, {
      headers: cacheControl === '' ? {} : { 'cache-control': cacheControl },
    });
    const target = {
      method: 'GET',
      path: '/sessions/whoami',
      search,
    };
    const answer = await whoami(
      request,
      target as AdmittedTarget, // the members that are used
      world.waitUntil,
      {
        lookUp: {
          sessions: world.sessions,
          tokens: { resolve: async () => token ?? expect.fail('no token') },
          readCredentials: () => [presented],
        },
        resources: { metadataUrlFor: () => undefined },
        answers: KRATOS_ANSWERS,
        reporting: { log, showsTiming: false, now: () => world.now },
      },
    );
    return {
      status: answer.status,
      cacheStatus: answer.headers.get('cache-status'),
      retryAfter: answer.headers.get('retry-after'),
      body: await answer.text(),
    };
  };
  return { world, ask, lines };
}

const PROVEN: Resolution = {
  outcome: 'signed-in',
  session: { id: 's', identity: { id: 'i' }, expiresAt: T + 1000, document: {} },
  body: '{"id":"s"}\n',
  logPosition: 0,
  setCookies: [],
  cacheForSeconds: undefined,
  provenance: { ...NOTHING_ASKED, tier: 'signature' },
};

describe('whoami()', () => {
  it('calls the store as the request’s Cache-Control requires (RFC 9111 section 5.2.1)', async () => {
    const { world, ask } = createWhoami(SESSION);
    const statusOf = async (cacheControl = '') => (await ask({ cacheControl })).cacheStatus;
    expect(await statusOf()).toMatch(/^postern; fwd=miss/);
    world.now = T + 10_000;
    expect(await statusOf()).toMatch(/^postern; hit/);
    expect(await statusOf('max-age=10')).toMatch(/^postern; hit/);
    expect(await statusOf('max-age=9')).toMatch(/^postern; fwd=request/);
    world.now += 1000;
    expect(await statusOf()).toMatch(/^postern; hit/);
    expect(await statusOf('no-cache')).toMatch(/^postern; fwd=request/);
    expect(await statusOf('no-store')).toMatch(/^postern; fwd=bypass/);
    world.now += 61_000;
    expect(await statusOf()).toMatch(/^postern; fwd=stale/);
    expect(world.calls).toBe(5);
  });

  it('counts max-age to the millisecond (RFC 9111 section 5.2.1.1)', async () => {
    const { world, ask } = createWhoami(SESSION);
    await ask();
    world.now = T + 10_001;
    const { cacheStatus } = await ask({ cacheControl: 'max-age=10' });
    expect(cacheStatus).toMatch(/^postern; fwd=request/);
  });

  it('writes one log line for each answer, and says how long it took', async () => {
    const { world, ask, lines } = createWhoami(SESSION);
    world.meanwhile = async () => {
      world.now += 30;
    };
    await ask();
    const line = { route: 'whoami', status: 200, method: 'GET', path: '/sessions/whoami' };
    expect(lines).toMatchObject([{ ...line, outcome: 'pass', durationMs: 30 }]);
  });

  it('answers 504 for only-if-cached without an entry', async () => {
    const { world, ask } = createWhoami(SESSION);
    expect((await ask({ cacheControl: 'only-if-cached' })).status).toBe(504);
    expect(world.calls).toBe(0);
  });

  it.each<[StoreAnswer, string]>([
    [{ kind: 'fault', scope: 'store', detail: 'store-429', retryAfterSeconds: 17 }, '17'],
    [FAULT, '2'],
  ])('asks for a retry at the store’s time, or soon: %j', async (answer, seconds) => {
    const { world, ask } = createWhoami(SESSION);
    world.answer = answer;
    expect(await ask()).toMatchObject({ status: 503, retryAfter: seconds });
  });

  it('answers for a token, and refuses to tokenize it', async () => {
    const { ask } = createWhoami(TOKEN, PROVEN);
    expect(await ask()).toMatchObject({ status: 200, body: '{"id":"s"}\n' });
    expect(await ask({ search: '?tokenize_as=' })).toMatchObject({ status: 200 });
    expect((await ask({ search: '?tokenize_as=jwt' })).status).toBe(400);
  });
});
