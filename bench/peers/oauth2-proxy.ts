/** oauth2-proxy with its session in its own cookie, as it comes; and with the issuer's JWTs. It asks no other store. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isFiller } from '../cases.ts';
import type { Peer, PeerRequest, Requests } from './peers.ts';
import { deniedInPlaceOf, gatedByToken, SESSIONS } from './peers.ts';
import { builtProgram, type PeerPlaces, proxyPeer } from './proxy-peer.ts';

const ID = 'x-forwarded-user';
const PASSWORD = 'of-the-benchmark';
/** Sign-ins under way at a time. */
const BATCH = 50;

export const oauth2ProxyPeer: Peer = proxyPeer({
  id: 'oauth2-proxy',
  name: 'oauth2-proxy, session in its cookie',
  program: builtProgram('oauth2-proxy', 'OAUTH2_PROXY'),
  configure(places) {
    const passwords = join(places.folder, 'htpasswd');
    const digest = createHash('sha1').update(PASSWORD).digest('base64');
    const people = Array.from(
      { length: SESSIONS },
      (_, at) => `${personOf(at + 1)}:{SHA}${digest}\n`,
    );
    writeFileSync(passwords, people.join(''));
    return { parameters: [...flags(places), `--htpasswd-file=${passwords}`] };
  },
  async requests({ port, fixtures }): Promise<Requests> {
    const cookies = await signInAll(port);
    const gated = gatedByItsCookie(port, cookies[0] ?? '');
    return {
      'gate by cookie': gated,
      'check only': {
        ...gated,
        path: '/oauth2/auth',
        expected: {
          status: 202,
          answer: ({ headers }) => headers['x-auth-request-user'] === personOf(1),
        },
      },
      'gate by JWT': gatedByToken({ port }, ID, fixtures),
      denied: deniedInPlaceOf(gated),
      'mixed trace': { ...gated, cookiesIn: () => cookies },
    };
  },
});

function flags({ port, around, fixtures }: PeerPlaces): string[] {
  return [
    `--http-address=127.0.0.1:${port}`,
    `--upstream=http://127.0.0.1:${around.origin}`,
    '--provider=oidc',
    `--oidc-issuer-url=${fixtures.issuer.issuer}`,
    '--skip-oidc-discovery',
    `--login-url=${fixtures.issuer.issuer}authorize`,
    `--redeem-url=${fixtures.issuer.issuer}token`,
    `--oidc-jwks-url=http://127.0.0.1:${around.keys}/`,
    `--oidc-enabled-signing-alg=${fixtures.issuer.algorithm}`,
    '--client-id=postern',
    '--client-secret=of-the-benchmark',
    `--cookie-secret=${'c'.repeat(32)}`,
    '--cookie-secure=false',
    '--email-domain=*',
    '--skip-jwt-bearer-tokens',
    '--api-route=^/', // 401 in place of a page to sign in
    '--set-xauthrequest',
    ...['request', 'auth', 'standard'].map((log) => `--${log}-logging=false`),
  ];
}

function gatedByItsCookie(port: number, cookie: string): PeerRequest {
  return {
    port,
    path: '/account',
    headers: { Cookie: cookie },
    expected: { status: 200, answer: isFiller, atOrigin: { [ID]: new RegExp(`^${personOf(1)}$`) } },
    refusals: [{}, { Cookie: forged(cookie) }],
  };
}

/** `name=value|time|signature`, with the signature of another. */
function forged(cookie: string): string {
  const end = cookie.lastIndexOf('|') + 1;
  return cookie.slice(0, end) + cookie.slice(end).split('').toReversed().join('');
}

async function signInAll(port: number): Promise<string[]> {
  const cookies: string[] = [];
  while (cookies.length < SESSIONS) {
    const batch = Array.from({ length: BATCH }, (_, at) => signIn(port, cookies.length + at + 1));
    cookies.push(...(await Promise.all(batch)));
  }
  return cookies;
}

/** Returns the `Cookie` header of a person who has signed in. */
async function signIn(port: number, person: number): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/oauth2/sign_in`, {
    method: 'POST',
    body: new URLSearchParams({ username: personOf(person), password: PASSWORD, rd: '/' }),
    redirect: 'manual',
  });
  const [cookie = ''] = answer.headers.getSetCookie().map((one) => one.split(';')[0] ?? '');
  await answer.arrayBuffer();
  if (cookie === '') throw new Error(`oauth2-proxy set no cookie at a sign-in: ${answer.status}`);
  return cookie;
}

function personOf(person: number): string {
  return `person-${person}`;
}
