import { afterEach, describe, expect, it } from 'vitest';
import { forAllTests } from '../../support/for-all-tests.ts';
import { as, JSON_TYPE, ofCookie, PAGE, selfServiceForms } from './self-service-forms.ts';
import { GONE, type KnownSession, SERVED, type Site, startSite } from './site.ts';

let site = await forAllTests(startSite());
afterEach(() => site.gate.reset());

const forms = selfServiceForms(() => site);
const { begin, submit, setPassword, logoutPath } = forms;

async function person(password = 'postern-demo') {
  const known = await site.signIn();
  const email = `${known.identityId}@example.com`;
  await setPassword(known, password);
  return { known, email, password };
}

describe('a store that does not identify the person of a request', () => {
  const FAULTS = [
    { status: 429, headers: { 'retry-after': '7' } },
    { status: 500 },
    { status: 200, body: '<html>' },
  ];

  it.each(FAULTS)(
    'R15: answers %o, and no sign-out is reported as done for a session that would still be served',
    async (whoami) => {
      const known = await site.signIn();
      const path = await logoutPath(known);
      await site.gate.clock.advance(400_000); // all cached checks are too old
      await site.gate.kratos.control({ whoami });
      const native = await site.send('/self-service/logout/api', {
        method: 'DELETE',
        headers: JSON_TYPE,
        body: JSON.stringify({ session_token: known.token }),
      });
      const browser = await site.send(path, { headers: { ...ofCookie(known), ...PAGE } });
      expect([native.status, browser.status]).toEqual([503, 503]);
      expect(browser.headers.getSetCookie()).toEqual([]);
      const { counts } = await site.gate.kratos.calls();
      expect(counts).not.toHaveProperty('DELETE /self-service/logout/api', expect.anything());
      await site.gate.kratos.reset();
      const after = await site.send('/sessions/whoami', { headers: as(known) });
      expect(after.status).toBe(200);
    },
  );

  it.each(FAULTS)('R15: answers %o, and no settings are sent', async (whoami) => {
    const known = await site.signIn();
    const flow = await begin('settings', 'api', { headers: as(known) });
    await site.gate.clock.advance(400_000);
    await site.gate.kratos.control({ whoami });
    const fields = { method: 'password', password: 'long enough' };
    expect((await submit('settings', flow, fields)).status).toBe(503);
    const { counts } = await site.gate.kratos.calls();
    expect(counts['POST /self-service/settings'] ?? 0).toBe(0);
    await site.gate.kratos.clearCalls();
  });
});

describe('a session below the level of whoami', () => {
  it.each(['api', 'browser'])(
    'R16: signs out (%s), and its cached copies and tokens end',
    async (type) => {
      const known = await site.signIn();
      const path = await logoutPath(known);
      await site.gate.kratos.changeIdentity(known.identityId, { totp: true });
      await site.gate.clock.advance(61_000); // the next check learns of it, in one isolate
      expect((await site.send('/sessions/whoami', { headers: as(known) })).status).toBe(403);
      const answer =
        type === 'api'
          ? await site.send('/self-service/logout/api', {
              method: 'DELETE',
              headers: JSON_TYPE,
              body: JSON.stringify({ session_token: known.token }),
            })
          : await site.send(path, { headers: { ...ofCookie(known), ...PAGE } });
      expect(answer.status).toBeLessThan(400);
      await site.settle();
      expect(await site.statuses(known)).toEqual(GONE);
    },
  );

  it('R15: changes its settings, the person’s other sessions are checked, and their tokens end', async () => {
    const intruder = await site.signIn();
    const owner = await site.signIn(intruder.identityId);
    await site.gate.kratos.changeIdentity(owner.identityId, { totp: true });
    await site.gate.kratos.control({ revokesAfter: ['settings'] });
    await site.gate.clock.advance(61_000);
    expect((await site.send('/sessions/whoami', { headers: as(owner) })).status).toBe(403);
    const flow = await begin('settings', 'api', { headers: as(owner) });
    const fields = { method: 'password', password: 'long enough' };
    expect((await submit('settings', flow, fields)).status).toBe(200);
    await site.settle();
    expect(await site.statuses(intruder)).toEqual(GONE);
  });
});

describe('a recovery', () => {
  it.each([
    ['an app', 'api', false],
    ['a script in a browser', 'browser', false],
    ['a browser', 'browser', true],
  ] as const)(
    'R17: by %s, of an account with a second factor, ends the intruder’s sessions',
    async (_, type, isPage) => {
      const intruder = await site.signIn();
      await site.gate.kratos.changeIdentity(intruder.identityId, { totp: true });
      await site.gate.kratos.control({ revokesAfter: ['recovery'], requiredAal: 'aal1' });
      await site.statuses(intruder);
      await site.gate.kratos.control({
        revokesAfter: ['recovery'],
        requiredAal: 'highest_available',
      });
      const flow = await begin('recovery', type);
      const email = `${intruder.identityId}@example.com`;
      await submit('recovery', flow, { method: 'code', email }, { isPage });
      expect(await site.statuses(intruder)).toEqual(SERVED);
      const done = await submit('recovery', flow, { method: 'code', code: '000000' }, { isPage });
      expect([200, 303, 422]).toContain(done.status);
      await site.settle();
      expect(await site.statuses(intruder)).toEqual(GONE);
    },
  );

  it.each([
    ['an app', 'api', false],
    ['a script in a browser', 'browser', false],
    ['a browser', 'browser', true],
  ] as const)(
    'R1: by %s is answered 503 while its end of sessions cannot be recorded',
    async (_, type, isPage) => {
      const { identityId } = await site.signIn();
      const flow = await begin('recovery', type);
      const email = `${identityId}@example.com`;
      await submit('recovery', flow, { method: 'code', email }, { isPage });
      await site.gate.setLogFaults({ append: 'throw-definite' });
      const done = await submit('recovery', flow, { method: 'code', code: '000000' }, { isPage });
      const reason = done.headers.get('postern-reason');
      expect([done.status, reason]).toEqual([503, 'revocation_unrecorded']);
    },
  );

  // Kratos's default. An app gets no token then: it is sent to a settings flow that it cannot open.
  it.each([
    ['an app', 'api', false],
    ['an app that asks for a page', 'api', true],
    ['a script in a browser', 'browser', false],
    ['a browser', 'browser', true],
  ] as const)(
    'without use_continue_with_transitions, by %s, ends the intruder’s sessions',
    async (_, type, isPage) => {
      const intruder = await site.signIn();
      await site.gate.kratos.control({
        revokesAfter: ['recovery'],
        usesContinueWithTransitions: false,
      });
      await site.statuses(intruder);
      const flow = await begin('recovery', type);
      const email = `${intruder.identityId}@example.com`;
      await submit('recovery', flow, { method: 'code', email }, { isPage });
      await submit('recovery', flow, { method: 'code', code: '111111' }, { isPage });
      await site.settle();
      expect(await site.statuses(intruder)).toEqual(SERVED);
      const done = await submit('recovery', flow, { method: 'code', code: '000000' }, { isPage });
      expect(done.status).toBe(isPage ? 303 : 422);
      await site.settle();
      expect(await site.statuses(intruder)).toEqual(GONE);
    },
  );

  // The answer to an app is the flow, with the address in its form. A browser gets none, so its flow is read.
  it.each([
    ['an app', 'api', false, 0],
    ['a script in a browser', 'browser', false, 0],
    ['a browser', 'browser', true, 1],
  ] as const)(
    'R17: by %s, with settings that require the second factor too, is identified by its address',
    async (_, type, isPage, flowsRead) => {
      const intruder = await site.signIn();
      await site.gate.kratos.changeIdentity(intruder.identityId, { totp: true });
      const flow = await begin('recovery', type);
      const email = `${intruder.identityId}@example.com`;
      await submit('recovery', flow, { method: 'code', email }, { isPage });
      await site.gate.kratos.control({
        revokesAfter: ['recovery'],
        settingsRequiredAal: 'highest_available',
      });
      await site.gate.kratos.clearCalls();
      await submit('recovery', flow, { method: 'code', code: '000000' }, { isPage });
      await site.settle();
      const { counts } = await site.gate.kratos.calls();
      expect(await site.statuses(intruder)).toEqual(GONE);
      expect(counts['GET /self-service/recovery/flows'] ?? 0).toBe(flowsRead);
    },
  );
});

/** Makes another site the one that the helpers speak to. */
async function on(other: Site, work: () => Promise<void>): Promise<void> {
  const plain = site;
  site = other;
  try {
    await work();
  } finally {
    site = plain;
  }
}

describe('a sign-in after which Kratos ends the other sessions', async () => {
  const strict = await forAllTests(startSite({ vars: { SIGN_IN_ENDS_SESSIONS: true } }));
  afterEach(() => strict.gate.reset());

  const ENTRIES_GONE = [401, 401, 200, 401, 401, 200];
  const ways = [
    ['an app', 'api', false],
    ['a script in a browser', 'browser', false],
    ['a browser', 'browser', true],
  ] as const;

  describe.each([
    ['known to the operator', () => strict, GONE],
    ['unknown to the operator', () => site, ENTRIES_GONE],
  ] as const)('%s', (_name, siteOf, expected) => {
    it.each(ways)('R18: by %s', async (_, type, isPage) => {
      await on(siteOf(), async () => {
        const { known, email, password } = await person();
        await site.gate.kratos.control({ revokesAfter: ['login'] });
        const flow = await begin('login', type);
        const fields = { method: 'password', identifier: email, password };
        expect((await submit('login', flow, fields, { isPage })).status).toBeLessThan(400);
        await site.settle();
        expect(await site.statuses(known)).toEqual(expected);
      });
    });

    it.each(ways)('R18: by the first factor of two, by %s', async (_, type, isPage) => {
      await on(siteOf(), async () => {
        const { known, email, password } = await person();
        await site.gate.kratos.changeIdentity(known.identityId, { totp: true });
        await site.gate.kratos.control({ revokesAfter: ['login'] });
        const flow = await begin('login', type);
        const fields = { method: 'password', identifier: email, password };
        expect([200, 303, 422]).toContain((await submit('login', flow, fields, { isPage })).status);
        await site.settle();
        expect(await site.statuses(known)).toEqual(expected);
      });
    });

    it.each(['', '/google'])('R18: by the callback of a social sign-in (%s)', async (provider) => {
      await on(siteOf(), async () => {
        const known = await site.signIn();
        await site.gate.kratos.control({ revokesAfter: ['login'] });
        const { path, headers } = await forms.signInAtProvider(known.identityId, provider);
        const answer = await site.send(path, { headers });
        expect(answer.headers.getSetCookie().join()).toContain('ory_kratos_session=');
        await site.settle();
        expect(await site.statuses(known)).toEqual(expected);
      });
    });

    it('R18: by the token that an app receives for its browser’s sign-in', async () => {
      await on(siteOf(), async () => {
        const known = await site.signIn();
        const issued = await site.gate.kratos.createSession({ identityId: known.identityId });
        const url = `${site.gate.kratos.url}/.standin/sessions/${issued.id}/exchange-codes`;
        const codes = (await (await fetch(url, { method: 'POST' })).json()) as Record<
          string,
          string
        >;
        await site.gate.kratos.revoke(known.id); // the hook, at the callback
        const path = `/sessions/token-exchange?${new URLSearchParams(codes)}`;
        const answer = await site.send(path);
        expect(((await answer.json()) as { session_token: string }).session_token).toBe(
          issued.token,
        );
        await site.settle();
        expect(await site.statuses(known)).toEqual(expected);
      });
    });
  });

  it('R1: is answered 503 to a script that continues to the second factor', async () => {
    await on(strict, async () => {
      const { known, email, password } = await person();
      await site.gate.kratos.changeIdentity(known.identityId, { totp: true });
      const flow = await begin('login', 'browser');
      await site.gate.setLogFaults({ append: 'throw-definite' });
      const fields = { method: 'password', identifier: email, password };
      expect((await submit('login', flow, fields)).status).toBe(503);
    });
  });

  it('ends no tokens if Kratos has no such hook', async () => {
    const { known, email, password } = await person();
    const flow = await begin('login', 'api');
    await submit('login', flow, { method: 'password', identifier: email, password });
    await site.settle();
    expect(await site.statuses(known)).toEqual(SERVED);
  });

  it('R18: spares the session of the sign-in, and its tokens', async () => {
    await on(strict, async () => {
      const { known, email, password } = await person();
      const flow = await begin('login', 'api', { headers: as(known), query: '?refresh=true' });
      const fields = { method: 'password', identifier: email, password };
      expect((await submit('login', flow, fields)).status).toBe(200);
      await site.settle();
      expect(await site.statuses(known)).toEqual(SERVED);
    });
  });

  it('R18: is refused during an outage of the log only if the operator declared that it ends sessions', async () => {
    for (const [where, status] of [
      [site, 200],
      [strict, 503],
    ] as const) {
      await on(where, async () => {
        const { email, password } = await person();
        const fields = { method: 'password', identifier: email, password };
        const flow = await begin('login', 'api');
        await site.gate.setLogFaults({ append: 'throw' });
        await site.gate.kratos.clearCalls();
        expect((await submit('login', flow, fields)).status).toBe(status);
        const { counts } = await site.gate.kratos.calls();
        expect(counts['POST /self-service/login'] ?? 0).toBe(status === 200 ? 1 : 0);
        await site.gate.setLogFaults({});
        expect((await submit('login', flow, fields)).status).toBe(200);
      });
    }
  });
});

describe('a verification', () => {
  const addresses = async (known: KnownSession) => {
    const answer = await site.send('/sessions/whoami', { headers: as(known) });
    const { identity } = (await answer.json()) as {
      identity: { traits: { email: string }; verifiable_addresses: { verified: boolean }[] };
    };
    return [identity.traits.email, identity.verifiable_addresses[0]?.verified];
  };

  it.each([
    ['by its owner', true],
    ['by an anonymous browser', false],
  ])('R19: %s takes effect at once', async (_, isOwner) => {
    const known = await site.signIn();
    await site.gate.kratos.changeIdentity(known.identityId, { verified: false });
    await site.gate.clock.advance(61_000);
    const email = `${known.identityId}@example.com`;
    expect(await addresses(known)).toEqual([email, false]);
    const flow = await begin('verification', 'api', { headers: isOwner ? as(known) : {} });
    await submit('verification', flow, { method: 'code', email });
    await submit('verification', flow, { method: 'code', code: '111111' });
    expect(await addresses(known)).toEqual([email, false]);
    await submit('verification', flow, { method: 'code', code: '000000' });
    expect(await addresses(known)).toEqual([email, true]);
  });

  it('R19: by the link in the mail, of a changed address, takes effect at once', async () => {
    const known = await site.signIn();
    await site.gate.kratos.control({ verifiesNewAddress: true });
    const settings = await begin('settings', 'api', { headers: as(known) });
    const email = `new-${known.identityId}@example.com`;
    await submit('settings', settings, { method: 'profile', traits: { email } });
    const flow = await begin('verification', 'browser');
    await submit('verification', flow, { method: 'code', email }, { isPage: true });
    expect((await addresses(known))[0]).not.toBe(email);
    const link = `/self-service/verification?flow=${flow.id}&code=000000`;
    expect((await site.send(link, { headers: { ...flow.headers, ...PAGE } })).status).toBe(303);
    expect(await addresses(known)).toEqual([email, true]);
  });

  it('R19: is not answered as done while the admin API fails, and writes no mark', async () => {
    const known = await site.signIn();
    const email = `${known.identityId}@example.com`;
    const flow = await begin('verification', 'api');
    await submit('verification', flow, { method: 'code', email });
    await site.gate.kratos.control({ answers: { 'GET /admin/identities': { status: 503 } } });
    const before = await site.marks();
    const answer = await submit('verification', flow, { method: 'code', code: '000000' });
    expect([answer.status, answer.headers.get('postern-reason')]).toEqual([
      503,
      'revocation_unrecorded',
    ]);
    expect(await site.marks()).toEqual(before);
    // Kratos answers a retry as done, and names no address any more.
    await site.gate.kratos.reset();
    await site.gate.clock.advance(10_001);
    const again = () => submit('verification', flow, { method: 'code', code: '000000' });
    const ask = () => site.send('/sessions/whoami', { headers: as(known) });
    await ask();
    expect((await ask()).headers.get('cache-status')).toContain('hit');
    expect((await again()).status).toBe(200);
    expect((await ask()).headers.get('cache-status')).toContain('fwd=');
  });

  it('R19: by the link in the mail, opened by its owner in another browser, takes effect at once', async () => {
    const known = await site.signIn();
    await site.gate.kratos.changeIdentity(known.identityId, { verified: false });
    await site.gate.clock.advance(61_000);
    const email = `${known.identityId}@example.com`;
    const flow = await begin('verification', 'browser');
    await submit('verification', flow, { method: 'code', email }, { isPage: true });
    expect(await addresses(known)).toEqual([email, false]);
    const link = `/self-service/verification?flow=${flow.id}&code=000000`;
    await site.send(link, { headers: { ...ofCookie(known), ...PAGE } });
    expect(await addresses(known)).toEqual([email, true]);
  });

  it('R19: of an address without a known person has everything checked, once in ten seconds', async () => {
    await using alone = await startSite({
      vars: { KRATOS_ADMIN_URL: undefined, KRATOS_ADMIN_API_KEY: undefined },
    });
    await on(alone, async () => {
      const known = await site.signIn();
      await site.gate.kratos.changeIdentity(known.identityId, { verified: false });
      await site.gate.clock.advance(61_000);
      const email = `${known.identityId}@example.com`;
      expect(await addresses(known)).toEqual([email, false]);
      const verify = async () => {
        const flow = await begin('verification', 'api');
        await submit('verification', flow, { method: 'code', email });
        return (await submit('verification', flow, { method: 'code', code: '000000' })).status;
      };
      expect(await verify()).toBe(200);
      expect(await addresses(known)).toEqual([email, true]);
      expect(await site.statuses(known)).toEqual(SERVED); // checked again, and good
      expect(await verify()).toBe(503);
      await site.gate.clock.advance(10_001);
      expect(await verify()).toBe(200);
      const lines = await site.gate.logs();
      expect(lines.filter((line) => line.includes('revocation-everything'))).toHaveLength(2);
    });
  });
});

describe('settings', () => {
  it.each([true, false])(
    'R21: a trait named state is not read as the state of a flow (page: %s)',
    async (isPage) => {
      const known = await site.signIn();
      await site.gate.kratos.changeIdentity(known.identityId, {
        traits: { email: 'a@example.com', state: 'show_form' },
      });
      const other = await site.signIn(known.identityId);
      const headers = isPage ? ofCookie(known) : as(known);
      const flow = await begin('settings', isPage ? 'browser' : 'api', { headers });
      const fields = { method: 'password', password: 'long enough' };
      expect((await submit('settings', flow, fields, { isPage })).status).toBeLessThan(400);
      await site.settle();
      expect((await site.statuses(other))[2]).toBe(401);
    },
  );

  it('R21: that were rejected end no session, for any traits', async () => {
    const known = await site.signIn();
    await site.gate.kratos.changeIdentity(known.identityId, {
      traits: { email: 'a@example.com', state: 'success' },
    });
    for (const isPage of [true, false]) {
      const headers = isPage ? ofCookie(known) : as(known);
      const flow = await begin('settings', isPage ? 'browser' : 'api', { headers });
      await submit('settings', flow, { method: 'password', password: 'short' }, { isPage });
    }
    await site.settle();
    expect(await site.statuses(known)).toEqual(SERVED);
  });

  it.each(['/self-service/settings', '/self-service/login', '/self-service/verification'])(
    'R24: GET %s is not recorded, for any number of requests',
    async (path) => {
      const known = await site.signIn();
      const before = await site.marks();
      for (let times = 0; times < 20; times += 1) {
        await site.send(`${path}?flow=x`, { headers: { ...ofCookie(known), ...PAGE } });
      }
      expect(await site.marks()).toEqual(before);
      expect(await site.statuses(known)).toEqual(SERVED);
    },
  );
});

describe('requests without a known person', { timeout: 120_000 }, () => {
  it('R23: 1,000 wrong sign-ins, recoveries and verifications leave no mark', async () => {
    const victim = await site.signIn();
    const email = `${victim.identityId}@example.com`;
    const wrong: (() => Promise<Response>)[] = [];
    for (const type of ['api', 'browser'] as const) {
      const login = await begin('login', type);
      const recovery = await begin('recovery', type);
      const verification = await begin('verification', type);
      await submit('recovery', recovery, { method: 'code', email });
      await submit('verification', verification, { method: 'code', email });
      const credentials = { method: 'password', identifier: email, password: 'wrong' };
      const code = { method: 'code', code: '111111' };
      for (const isPage of type === 'browser' ? [true, false] : [false]) {
        wrong.push(
          () => submit('login', login, credentials, { isPage }),
          () => submit('recovery', recovery, code, { isPage }),
          () => submit('verification', verification, code, { isPage }),
        );
      }
    }
    wrong.push(
      () => site.send('/self-service/recovery?token=guessed', { headers: PAGE }),
      () => site.send('/self-service/methods/oidc/callback/google?code=guessed', { headers: PAGE }),
      () =>
        site.send('/self-service/logout/api', {
          method: 'DELETE',
          headers: JSON_TYPE,
          body: JSON.stringify({ session_token: `ory_st_${'g'.repeat(32)}` }),
        }),
    );
    const before = await site.marks();
    const total = 1000;
    for (let sent = 0; sent < total; sent += 10) {
      const batch = Array.from({ length: 10 }, (_, index) =>
        wrong[(sent + index) % wrong.length]?.(),
      );
      const answers = await Promise.all(batch);
      for (const answer of answers) expect(answer?.status).not.toBe(503);
    }
    expect(await site.marks()).toEqual(before);
    expect(await site.statuses(victim)).toEqual(SERVED);
    // The right code, for once: then there is a mark to see.
    const recovery = await begin('recovery', 'api');
    await submit('recovery', recovery, { method: 'code', email });
    await submit('recovery', recovery, { method: 'code', code: '000000' });
    expect(await site.marks()).toEqual([...before, `i:${victim.identityId}`]);
  });
});
