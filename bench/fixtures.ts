import {
  createTestIssuer,
  type TestAlgorithm,
  type TestIssuer,
} from '../test/support/token-issuer.ts';

/** Keys and tokens, new in every run: the repository holds no private key. */
export interface Fixtures {
  readonly issuer: TestIssuer;
  /** Signs the assertions for the origin. */
  readonly asserter: TestIssuer;
  /** One token, presented again and again. */
  readonly warmToken: string;
  /** `warmToken` with an invalid signature. */
  readonly forgedToken: string;
  /** Unseen tokens of as many different people. */
  freshTokens(count: number): Promise<string[]>;
}

/** A proxy proves itself with it to the gates of a run; they listen on the loopback interface. */
export const PROXY_SECRET = 'proxy-of-the-benchmark-and-of-nothing-else-9c1e';

const SIGNATURE = /\.[^.]*$/;
const LIFETIME_SECONDS = 3600;
/** Signatures under way at a time. */
const BATCH = 500;

/** @param algorithm of the tokens */
export async function createFixtures(
  now: number,
  algorithm: TestAlgorithm = 'ES256',
): Promise<Fixtures> {
  const issuer = await createTestIssuer({ issuer: 'https://auth.example.com/', algorithm });
  const asserter = await createTestIssuer({ kid: 'assertion-1' });
  let people = 0;
  const next = () => {
    people += 1;
    return issuer.token(now, { claims: claimsOf(people, now) });
  };
  const warmToken = await next();
  return {
    issuer,
    asserter,
    warmToken,
    forgedToken: warmToken.replace(SIGNATURE, SIGNATURE.exec(await next())?.[0] ?? ''),
    async freshTokens(count) {
      const tokens: string[] = [];
      while (tokens.length < count) {
        const size = Math.min(BATCH, count - tokens.length);
        tokens.push(...(await Promise.all(Array.from({ length: size }, next))));
      }
      return tokens;
    },
  };
}

/** The claims that a mapper of Kratos's tokenizer adds, so that a site knows its user. */
function claimsOf(person: number, now: number) {
  const digits = String(person).padStart(12, '0');
  return {
    jti: `0f4f6c3e-7c19-4d0b-9c43-${digits}`,
    sid: `c0ffee00-1111-4222-8333-${digits}`,
    sub: `9a1b7c52-5a55-4e0e-8d1f-${digits}`,
    email: `person-${person}@example.com`,
    roles: ['admin', 'staff'],
    exp: Math.floor(now / 1000) + LIFETIME_SECONDS,
  };
}

/** A session token that the benched store knows; its digits are the person's. */
export function sessionToken(person: number): string {
  return `ory_st_${String(person).padStart(32, 'b')}`;
}
