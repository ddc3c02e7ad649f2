import type { SignInCredential } from '../credentials/credential.ts';
import { joinValue } from '../credentials/split-cookie.ts';
import type { Authority } from '../http/authority.ts';
import { MemoryTier } from '../runtime/memory-cache.ts';
import type { Seals } from './seals.ts';
import { readClaims, readSignIn, type SignIn, type SignInClaims, writeSignIn } from './sign-in.ts';
import { cookiesOf, type SignInCookies } from './sign-in-cookies.ts';

/** A sign-in with the claims of its access token. */
export interface OpenedSignIn extends SignIn {
  readonly claims: SignInClaims;
}

export interface SealedSignInsOptions {
  readonly issuer: string;
  readonly seals: Seals;
  readonly cookies: SignInCookies;
}

interface Remembered {
  readonly host: Authority;
  readonly signIn: OpenedSignIn;
}

const MEMORY_LIMITS = { maxEntries: 2000, maxBytes: 16 * 1024 * 1024 };

/**
 * Opens and seals the cookies of sign-ins. A sealed value opens only at the host, with the cookie name and for the
 * issuer that it was sealed for. A value that was opened is remembered by its exact bytes.
 */
export class SealedSignIns {
  readonly #options: SealedSignInsOptions;
  readonly #memory = new MemoryTier<Remembered>(MEMORY_LIMITS);

  constructor(options: SealedSignInsOptions) {
    this.#options = options;
  }

  /** Opens a sealed value; `undefined` unless it was sealed here, for this host. */
  async open(
    { value }: Pick<SignInCredential, 'value'>,
    host: Authority,
  ): Promise<OpenedSignIn | undefined> {
    const remembered = this.#memory.read(value);
    if (remembered?.host === host) return remembered.signIn;
    const text = await this.#options.seals.open(value, this.#purpose(host));
    const signIn = text === undefined ? undefined : readSignIn(text);
    const claims = signIn && readClaims(signIn.accessToken);
    if (signIn === undefined || claims === undefined) return undefined;
    const opened = { ...signIn, claims };
    this.#memory.keep(value, { host, signIn: opened }, 1024 + 2 * value.length);
    return opened;
  }

  /** Opens the sign-in in a request's cookies, if there is one. */
  async openIn(headers: Headers, host: Authority): Promise<OpenedSignIn | undefined> {
    const joined = joinValue(headers.get('cookie'), this.#options.cookies.name);
    return joined?.value === undefined ? undefined : this.open({ value: joined.value }, host);
  }

  /** Returns the `Set-Cookie` values that hold a sign-in; `undefined` if it does not fit. */
  async seal(signIn: SignIn, host: Authority): Promise<readonly string[] | undefined> {
    const { seals, cookies } = this.#options;
    return cookiesOf(await seals.seal(writeSignIn(signIn), this.#purpose(host)), cookies);
  }

  #purpose(host: Authority): string {
    return `sign-in|${this.#options.issuer}|${host}|${this.#options.cookies.name}`;
  }
}
