import { describe, expect, it } from 'vitest';
import { errorResponse } from '../../src/errors/error-response.ts';
import { admit } from '../../src/http/admit.ts';
import { SiteHosts } from '../../src/http/site-hosts.ts';
import { SitePages } from '../../src/pages/site-pages.ts';
import { answerDenial, type Denied, logFieldsOf } from '../../src/refusals/denial.ts';
import { LoginLoopGuard } from '../../src/refusals/login-loop-guard.ts';
import { readReturnTo } from '../../src/routes/sign-in/return-to.ts';
import { DEFAULT_RULE } from '../../src/rules/rules.ts';
import { NOTHING_ASKED } from '../../src/sessions/resolution.ts';

const SITE = 'https://app.example.test';
const HOSTS = new SiteHosts(SITE);
const PERSON = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
const OPTIONS = {
  signIn: {
    loginUrl: 'https://auth.example.test/login',
    kratos: {
      browserUrl: 'https://auth.example.test/kratos',
      publicUrl: 'http://kratos.internal:4433',
    },
  },
  errorShape: errorResponse,
  pages: new SitePages({}, { reportBug: (error) => expect.fail(String(error)), now: () => 0 }),
  hosts: HOSTS,
  loopGuard: new LoginLoopGuard({ publicUrl: SITE, credentialCookies: ['s'], now: () => 0 }),
  resources: { metadataUrlFor: () => undefined },
};

type Denial = Parameters<typeof answerDenial>[0];

function denial(reason: Denial['reason'], detail?: string): Denial {
  return { kind: 'deny', reason, storeBody: undefined, detail };
}

function denied(sent: Record<string, string>, method = 'GET', path = '/a'): Denied {
  const headers = new Headers(sent);
  const target = admit(
    { method, url: `${SITE}${path}`, headers },
    { hosts: HOSTS, allowedForms: new Set(['double_slash']) },
  );
  if (!target.ok) throw new Error(target.failure);
  return { asker: { method, headers }, target: target.value, rule: DEFAULT_RULE };
}

/** The link of the page for a person who is signed in, and denied. */
async function signOutLink(one: Denied): Promise<string> {
  const session = { id: 's', identity: { id: 'i' }, expiresAt: 1, document: {}, claimed: [] };
  const resolution = {
    outcome: 'signed-in',
    session,
    body: '',
    logPosition: 0,
    setCookies: [],
    cacheForSeconds: undefined,
    provenance: NOTHING_ASKED,
  } as const;
  const asked = { ...one, resolution, hasOwnPages: true };
  const { response } = await answerDenial(denial('condition_not_met'), asked, OPTIONS);
  return /href="([^"]*sign-out[^"]*)"/.exec(await response.text())?.[1] ?? '';
}

describe('logFieldsOf()', () => {
  const response = new Response(null, { status: 403 });

  it('returns status and outcome, with reason and detail if present', () => {
    const answer = { response, outcome: 'deny', reason: 'condition_not_met' } as const;
    expect(logFieldsOf({ ...answer, detail: 'more' })).toStrictEqual({
      outcome: 'deny',
      status: 403,
      reason: 'condition_not_met',
      detail: 'more',
    });
    expect(logFieldsOf(answer)).toStrictEqual({
      outcome: 'deny',
      status: 403,
      reason: 'condition_not_met',
    });
    const passed = { response: new Response(null), outcome: 'pass', reason: undefined } as const;
    expect(logFieldsOf(passed)).toStrictEqual({ outcome: 'pass', status: 200 });
  });
});

describe('answerDenial()', () => {
  it.each([{}, PERSON])('writes the detail to the log alone: %j', async (sent) => {
    const answer = await answerDenial(
      denial('condition_not_evaluable', 'no_such_key at "session.x"'),
      denied(sent),
      OPTIONS,
    );
    expect(logFieldsOf(answer)).toStrictEqual({
      outcome: 'deny',
      status: 403,
      reason: 'condition_not_evaluable',
      detail: 'no_such_key at "session.x"',
    });
    expect(await answer.response.text()).not.toContain('no_such_key');
    const plain = await answerDenial(denial('condition_not_met'), denied(sent), OPTIONS);
    expect(logFieldsOf(plain)).toStrictEqual({
      outcome: 'deny',
      status: 403,
      reason: 'condition_not_met',
    });
  });

  // WHATWG URL: a query keeps `\\`, and a path may begin with two slashes.
  it.each(['/a?b=1&c=%2F', '/search?q=\\d', '//evil.example/x', '//evil.example?q=\\'])(
    'the pages of sign-in and sign-out take the way back to %s',
    async (path) => {
      const one = denied(PERSON, 'GET', path);
      const host = one.target.host;
      const signOut = await signOutLink(one);
      const challenged = await answerDenial(denial('credential_missing'), one, OPTIONS);
      const signIn = challenged.response.headers.get('location') ?? '';
      for (const link of [signOut, signIn]) {
        const { searchParams } = new URL(link.replaceAll('&amp;', '&'), SITE);
        expect(readReturnTo(searchParams, host, HOSTS)).toBe(new URL(`${SITE}${path}`).href);
      }
    },
  );

  // RFC 9110 section 9.2.1: GET and HEAD are safe, so that only their requests are repeated after a sign-in.
  it.each([
    ['GET', '/a?b=1', '/a?b=1'],
    ['HEAD', '/a?b=1', '/a?b=1'],
    ['POST', '/a?b=1', '/'],
    ['DELETE', '/a', '/'],
    ['GET', `/${'a'.repeat(2047)}`, `/${'a'.repeat(2047)}`],
    ['GET', `/${'a'.repeat(2048)}`, '/'],
    ['GET', `/a?${'b'.repeat(2046)}`, '/'],
  ])(
    'a denied %s is repeated for another account only if it is safe and its URL fits',
    async (method, path, back) => {
      const link = new URL(await signOutLink(denied(PERSON, method, path)), SITE);
      expect(link.searchParams.get('return_to')).toBe(back);
    },
  );

  // RFC 6750 section 3.1: without credentials, the challenge names no error.
  it('answers a program with 401 and a challenge', async () => {
    const { response, outcome } = await answerDenial(
      denial('credential_missing'),
      denied({}),
      OPTIONS,
    );
    expect([outcome, response.status, response.headers.get('location')]).toEqual([
      'deny',
      401,
      null,
    ]);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
  });

  // RFC 9110 section 15.4: 303 makes a GET of any method, 302 keeps GET and HEAD.
  it.each([
    ['GET', 302],
    ['HEAD', 302],
    ['POST', 303],
    ['OPTIONS', 303],
  ])('sends a person to sign-in after %s by %i', async (method, status) => {
    const answer = await answerDenial(
      denial('credential_missing'),
      denied(PERSON, method),
      OPTIONS,
    );
    const { response } = answer;
    expect(logFieldsOf(answer)).toStrictEqual({
      outcome: 'challenge',
      status,
      reason: 'credential_missing',
    });
    const { origin, pathname } = new URL(response.headers.get('location') ?? '');
    expect(`${origin}${pathname}`).toBe(OPTIONS.signIn.loginUrl);
    expect([response.headers.get('content-type'), response.body]).toEqual([null, null]);
    expect(response.headers.getSetCookie()).toHaveLength(1);
  });

  it('shows a page for a login loop, and clears its count', async () => {
    let cookie = '';
    for (let departures = 1; ; departures += 1) {
      const sent = { ...PERSON, cookie };
      const answer = await answerDenial(denial('credential_missing'), denied(sent), OPTIONS);
      const [setCookie = ''] = answer.response.headers.getSetCookie();
      [cookie = ''] = setCookie.split(';', 1);
      if (answer.outcome === 'challenge' && departures < 20) continue; // browsers stop at 20 redirects
      expect(logFieldsOf(answer)).toMatchObject({
        outcome: 'deny',
        reason: 'redirect_loop',
        detail: 'credential_missing',
      });
      expect(setCookie).toContain('Max-Age=0');
      const page = await answer.response.text();
      expect(page).toContain(`${OPTIONS.signIn.loginUrl}?return_to=`);
      return;
    }
  });
});
