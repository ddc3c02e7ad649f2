import type { Authority } from '../http/authority.ts';
import { mayBePlanted, readCookies } from '../http/cookies.ts';
import { parseObject } from '../runtime/json.ts';
import { matchesSecret } from '../runtime/secret-compare.ts';
import type { SignInValues } from './authorization-server.ts';
import type { Seals } from './seals.ts';
import type { SignInCookies } from './sign-in-cookies.ts';

/** A sign-in that a browser has begun. */
export interface PendingSignIn extends SignInValues {
  /** The URL at the site that the browser goes to afterwards. */
  readonly returnTo: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

export interface PendingSignInsOptions {
  readonly issuer: string;
  readonly seals: Seals;
  readonly cookies: SignInCookies;
  readonly now: () => number;
}

/** A person may read mail or fetch a second factor on the way. */
const LIFETIME_SECONDS = 600;
/** The most sign-ins that a browser keeps from its earlier requests. Tabs that begin at once do not see each other's. */
const MAX_PENDING = 5;
/** Characters of the state in the cookie's name. */
const NAME_LENGTH = 10;
const STATE = /^[A-Za-z0-9_-]{43}$/;

/**
 * The sign-ins that a browser has begun, each in a sealed cookie of its own. So several tabs can sign in at once. The
 * callback counts only in the browser that has the cookie of its `state` (RFC 6749 section 10.12).
 */
export class PendingSignIns {
  readonly #options: PendingSignInsOptions;

  constructor(options: PendingSignInsOptions) {
    this.#options = options;
  }

  /** Returns the `Set-Cookie` values that keep a sign-in, and that clear the browser's oldest ones beyond the limit. */
  async begin(
    pending: PendingSignIn,
    host: Authority,
    headers: Headers,
  ): Promise<readonly string[]> {
    const { seals, cookies } = this.#options;
    const name = this.#nameOf(pending.state);
    const sealed = await seals.seal(JSON.stringify(pending), this.#purpose(name, host));
    const others = this.#namesIn(headers).filter((other) => other !== name);
    // Browsers send older cookies first (RFC 6265 section 5.4).
    const tooMany = others.slice(0, Math.max(0, others.length + 1 - MAX_PENDING));
    return [
      `${name}=${sealed}; Max-Age=${LIFETIME_SECONDS}; ${cookies.attributes}`,
      ...tooMany.map((other) => `${other}=; Max-Age=0; ${cookies.attributes}`),
    ];
  }

  /** Finds the sign-in of a callback; `undefined` if this browser has begun none with this `state`, or too long ago. */
  async find(
    state: string | undefined,
    host: Authority,
    headers: Headers,
  ): Promise<PendingSignIn | undefined> {
    if (state === undefined || !STATE.test(state)) return undefined;
    const name = this.#nameOf(state);
    const pairs = readCookies(headers.get('cookie'), (each) => each === name);
    const [pair, ...others] = pairs.filter((each) => !mayBePlanted(each));
    if (pair === undefined || others.length > 0) return undefined;
    const text = await this.#options.seals.open(pair.value, this.#purpose(name, host));
    const pending = text === undefined ? undefined : readPending(text);
    if (pending === undefined || !matchesSecret(state, [pending.state])) return undefined;
    const ageMs = this.#options.now() - pending.startedAt;
    return ageMs <= LIFETIME_SECONDS * 1000 ? pending : undefined;
  }

  /** Returns the `Set-Cookie` that ends a sign-in under way. */
  end({ state }: Pick<PendingSignIn, 'state'>): string {
    return `${this.#nameOf(state)}=; Max-Age=0; ${this.#options.cookies.attributes}`;
  }

  #nameOf(state: string): string {
    return this.#options.cookies.pendingPrefix + state.slice(0, NAME_LENGTH);
  }

  #namesIn(headers: Headers): string[] {
    const { pendingPrefix } = this.#options.cookies;
    const pairs = readCookies(headers.get('cookie'), (name) => name.startsWith(pendingPrefix));
    return [...new Set(pairs.map(({ name }) => name))];
  }

  #purpose(name: string, host: Authority): string {
    return `pending|${this.#options.issuer}|${host}|${name}`;
  }
}

function readPending(text: string): PendingSignIn | undefined {
  const read = parseObject(text);
  if (read === undefined) return undefined;
  const { state, nonce, codeVerifier, returnTo, startedAt } = read;
  return typeof state === 'string' &&
    typeof nonce === 'string' &&
    typeof codeVerifier === 'string' &&
    typeof returnTo === 'string' &&
    typeof startedAt === 'number'
    ? { state, nonce, codeVerifier, returnTo, startedAt }
    : undefined;
}
