/** The built gate with rules that have `exchange`, and the Keycard stand-in with a client for it. */
import { expect } from 'vitest';
import { get, header, type RawHeaders } from '../support/raw-http.ts';
import { type RunningGate, startGate } from '../support/start-gate.ts';
import { createTestIssuer, type TestIssuer, zoneSettings } from '../support/token-issuer.ts';

export const API = 'https://api.example.com';
export const BILLING = 'https://billing.example.com/v2';
export const CLIENT_ID = 'ua:gate';
export const CLIENT_SECRET = 'the+secret/of-the-gate%3A:=';
export const PROXY_SECRET = 'a-secret-of-the-proxy-of-thirty-two-characters';
export const WEBHOOK_KEY = 'a-key-for-senders-that-cannot-sign';
export const TOKEN_ENDPOINT = 'POST /oauth/2/token';
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

export const exchanging = (path: string, exchange: string, more: object = {}) => ({
  path,
  session: 'required',
  exchange,
  ...more,
});
export const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
export const reasonOf = (response: Awaited<ReturnType<typeof get>>) => [
  response.status,
  header(response, 'postern-reason'),
];

export interface ExchangeSite extends RunningGate {
  /** The name of the zone. */
  readonly zone: string;
  /** An issuer without a client. */
  readonly other: TestIssuer;
  /** Forgets calls and faults; the zone has the client and the resources again. */
  prepare(): Promise<void>;
  tokenOf(subject: string, more?: object): Promise<string>;
  ask(headers: RawHeaders, path?: string): ReturnType<typeof get>;
  /** The values of a header that the origin got, one for each request. */
  arrivedAtOrigin(name?: string): Promise<(string | undefined)[]>;
  /** The claims of the bearers that the origin got. */
  claimsAtOrigin(): Promise<Record<string, unknown>[]>;
  expectNothingAtOrigin(): Promise<void>;
  /** The number of calls of the token endpoint. */
  exchanges(): Promise<number>;
}

export async function startExchangeSite(): Promise<ExchangeSite> {
  const other = await createTestIssuer({ issuer: 'https://other.example.test' });
  let zone = '';
  const gate = await startGate({
    vars: ({ keycard }) => {
      zone = keycard;
      return {
        TOKEN_COOKIE_NAMES: ['token'],
        FORWARD_AUTH_SECRETS: [PROXY_SECRET],
        WEBHOOK_API_KEYS: [WEBHOOK_KEY],
        STORE_TIMEOUT_MS: 1000,
        ALLOWED_PATH_FORMS: ['encoded_slash'],
        CLIENT_SECRETS: { [keycard]: CLIENT_SECRET },
        ISSUERS: [{ ...zoneSettings(keycard), client_id: CLIENT_ID }, other.settings],
        RULES: [
          exchanging('/api/*', API),
          exchanging('/billing', BILLING),
          exchanging('/unknown', 'https://unknown.example.com'),
          exchanging('/as-presented', API, { forward_credentials: true }),
          exchanging('/a/*', API),
          exchanging('/:whole', BILLING, { methods: ['PUT'] }),
        ],
      };
    },
  });
  const { keycard, origin } = gate;
  const arrivedAtOrigin = async (name = 'authorization') => {
    const { requests } = await origin.calls();
    return requests.map(({ headers }) => headers.find(([each]) => each === name)?.[1]);
  };
  return {
    ...gate,
    zone,
    other,
    async prepare() {
      await gate.reset();
      const resources = ['postern', API, BILLING];
      await keycard.control({ clients: { [CLIENT_ID]: CLIENT_SECRET }, resources });
    },
    tokenOf: (subject, more = {}) => keycard.createToken({ audience: 'postern', subject, ...more }),
    ask: (headers, path = '/api/x') => get(gate.port, path, headers),
    arrivedAtOrigin,
    async claimsAtOrigin() {
      return (await arrivedAtOrigin()).map((value = '') => {
        const [scheme, token = ''] = value.split(' ');
        expect(scheme).toBe('Bearer');
        return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
      });
    },
    async expectNothingAtOrigin() {
      expect((await origin.calls()).requests).toEqual([]);
    },
    exchanges: async () => (await keycard.calls()).counts[TOKEN_ENDPOINT] ?? 0,
  };
}
