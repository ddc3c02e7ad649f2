import { mayBePlanted, readCookies } from '../../http/cookies.ts';
import { encodeBase64Url } from '../../runtime/base64url.ts';
import { matchesSecret } from '../../runtime/secret-compare.ts';

/** The time for which the page opens without the secret. */
export const VALID_SECONDS = 600;

export interface StatusCookieOptions {
  readonly secrets: readonly string[];
  /** Whether the site has https. On http, which only a developer's machine has, browsers take no `__Host-` cookie. */
  readonly isSecure: boolean;
  readonly now: () => number;
}

const encoder = new TextEncoder();

/**
 * The cookie of an operator who gave the admin secret. Its value is a time and a code (HMAC-SHA-256) under the secret over
 * that time and the host. So it holds no secret, is of no use after its time or on another host, and ends when the
 * secret is replaced.
 */
export class StatusCookie {
  readonly #options: StatusCookieOptions;
  readonly #name: string;

  constructor(options: StatusCookieOptions) {
    this.#options = options;
    this.#name = `${options.isSecure ? '__Host-' : ''}postern-status`;
  }

  /** Returns the `Set-Cookie` value for an operator who gave this secret on this host. */
  async issue(secret: string, host: string): Promise<string> {
    const { isSecure, now } = this.#options;
    const until = Math.floor(now() / 1000) + VALID_SECONDS;
    const attributes = `Path=/; Max-Age=${VALID_SECONDS}; HttpOnly; SameSite=Strict`;
    const code = await codeOf(secret, until, host);
    return `${this.#name}=${until}.${code}; ${attributes}${isSecure ? '; Secure' : ''}`;
  }

  /** Whether the request has a cookie that is still valid. */
  async isIn(headers: Headers, host: string): Promise<boolean> {
    const pairs = readCookies(headers.get('cookie'), (name) => name === this.#name);
    for (const pair of pairs) {
      if (!mayBePlanted(pair) && (await this.#isValid(pair.value, host))) return true;
    }
    return false;
  }

  async #isValid(value: string, host: string): Promise<boolean> {
    const [, text = '', code = ''] = /^(\d{1,12})\.([A-Za-z0-9_-]{43})$/.exec(value) ?? [];
    const until = Number(text);
    const leftSeconds = until - this.#options.now() / 1000;
    if (code === '' || leftSeconds <= 0 || leftSeconds > VALID_SECONDS + CLOCK_SKEW_SECONDS)
      return false;
    const { secrets } = this.#options;
    return matchesSecret(code, await Promise.all(secrets.map((one) => codeOf(one, until, host))));
  }
}

/** Maximum clock difference between the isolate that issued the cookie and this one. */
const CLOCK_SKEW_SECONDS = 10;

async function codeOf(secret: string, until: number, host: string): Promise<string> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, [
    'sign',
  ]);
  const message = encoder.encode(`postern status page\n${host}\n${until}`);
  return encodeBase64Url(new Uint8Array(await crypto.subtle.sign('HMAC', key, message)));
}
