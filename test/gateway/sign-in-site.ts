/** A gate at which browsers sign in at a Keycard zone, and a browser that follows its redirects. */
import { CookieJar } from '../support/cookie-jar.ts';
import type { StartGateOptions } from '../support/gate-options.ts';
import type { RawResponse } from '../support/parse-response.ts';
import { get, header, headerValues, request } from '../support/raw-http.ts';
import { type RunningGate, startGate } from '../support/start-gate.ts';

export const APP = 'app.example.test';
export const SECOND = 'second.example.test';
export const CLIENT_ID = 'postern-site';
export const CLIENT_SECRET = 'a-client-secret:+100%25';
export const SEAL = 'a sealing secret of tests, thirty-two characters or more';
export const SIGN_IN = '/.postern/sign-in';
export const CALLBACK = '/.postern/sign-in/callback';
export const SIGN_OUT = '/.postern/sign-out';
/** Headers of a browser that opens a page. */
export const NAVIGATION = { Accept: 'text/html', 'Sec-Fetch-Mode': 'navigate' };

export type SignInSite = RunningGate & { readonly zone: string };

/** Starts the gate with two hosts. `vars` are over those of the site. */
export async function startSignInSite(
  {
    vars = {},
    issuer = {},
  }: { readonly vars?: NonNullable<StartGateOptions['vars']>; readonly issuer?: object } = {},
  options: Omit<StartGateOptions, 'vars'> = {},
): Promise<SignInSite> {
  let zone = '';
  const gate = await startGate({
    ...options,
    vars: (addresses) => {
      zone = addresses.keycard;
      return {
        HOSTS: [SECOND],
        ISSUERS: [
          {
            issuer: zone,
            preset: 'keycard',
            audience: [`https://${APP}`, `https://${SECOND}/`, 'postern'],
            algorithms: ['RS256'],
            discovery: true,
            client_id: CLIENT_ID,
            sign_in: { scopes: ['openid', 'read'] },
            ...issuer,
          },
        ],
        SIGN_IN_SECRETS: [SEAL],
        CLIENT_SECRETS: { [zone]: CLIENT_SECRET },
        ...(typeof vars === 'function' ? vars(addresses) : vars),
      };
    },
  });
  // Node's WebSocket reaches an isolate by its own address, which is a host of the gate too.
  const hosts = [APP, SECOND, ...gate.gates.map(({ port }) => `127.0.0.1:${port}`)];
  await gate.keycard.putClient({
    clientId: CLIENT_ID,
    secret: CLIENT_SECRET,
    redirectUris: hosts.map((host) => `https://${host}${CALLBACK}`),
    postLogoutRedirectUris: [APP, SECOND].map((host) => `https://${host}${SIGN_OUT}`),
  });
  return { ...gate, zone };
}

/** A browser with cookies of its own, at one host of the site. */
export class Browser {
  readonly jar: CookieJar;
  readonly #port: number;
  readonly #host: string;

  constructor(port: number, { host = APP, jar = new CookieJar() } = {}) {
    this.#port = port;
    this.#host = host;
    this.jar = jar;
  }

  async get(target: string, headers: Readonly<Record<string, string>> = NAVIGATION) {
    const response = await get(this.#port, target, {
      Host: this.#host,
      ...headers,
      ...this.jar.headers,
    });
    this.jar.take(headerValues(response, 'set-cookie'));
    return response;
  }

  async post(target: string, fields: Readonly<Record<string, string>>, headers = {}) {
    const response = await request(this.#port, {
      method: 'POST',
      target,
      headers: {
        Host: this.#host,
        'Content-Type': 'application/x-www-form-urlencoded',
        Origin: `https://${this.#host}`,
        'Sec-Fetch-Site': 'same-origin',
        ...NAVIGATION,
        ...headers,
        ...this.jar.headers,
      },
      body: new URLSearchParams(fields).toString(),
    });
    this.jar.take(headerValues(response, 'set-cookie'));
    return response;
  }

  /** Begins a sign-in, and returns the URL at which the issuer sends the browser back. */
  async authorize(target = SIGN_IN): Promise<URL> {
    return askIssuer(locationOf(await this.get(target)));
  }

  /** Signs in, and returns the answer to the callback. */
  async signIn(target = SIGN_IN): Promise<RawResponse> {
    return this.callback(await this.authorize(target));
  }

  /** Opens the URL of a callback. */
  callback({ pathname, search }: URL): Promise<RawResponse> {
    return this.get(pathname + search);
  }
}

/** Sends the browser to the issuer, where the person approves, and returns the URL of the redirect back. */
export async function askIssuer(url: string): Promise<URL> {
  const response = await fetch(url, { redirect: 'manual' });
  const location = response.headers.get('location');
  if (location === null) throw new Error(`the issuer answered ${response.status}`);
  return new URL(location);
}

export function locationOf(response: RawResponse): string {
  const location = header(response, 'location');
  if (location === undefined) throw new Error(`no redirect: ${response.status}`);
  return location;
}
