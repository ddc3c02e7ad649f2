/** A gate in front of one zone of Keycard, and the calls that tests of its sessions make. */
import { type RunningGate, startGate } from '../../support/start-gate.ts';
import { zoneSettings } from '../../support/token-issuer.ts';
import { fetchAs } from '../session-api/fetch-as.ts';
import { ADMIN_SECRET } from '../session-api/start-session-api.ts';

/** `zone-1` is the zone whose tokens are trusted. */
const ZONES = ['zone-1'];
export const LAG_MS = 5000;
/** The application of a session whose test gives it no other. */
export const APPLICATION = 'application-1';

export async function startZone(): Promise<RunningGate> {
  const started = await startGate({
    isolates: 2,
    log: 'faulty',
    vars: ({ keycard }) => ({
      ADMIN_SECRETS: [ADMIN_SECRET],
      KEYCARD_API_URL: keycard,
      KEYCARD_ZONES: ZONES,
      KEYCARD_CLIENT_ID: 'postern',
      KEYCARD_CLIENT_SECRET: 'standin-client-secret',
      REVOCATION_MAX_MARKS: 1000,
      ISSUERS: [zoneSettings(keycard)],
    }),
  });
  await started.clock.advance(120_000);
  return started;
}

export type RequestHeaders = Readonly<Record<string, string>>;

export interface TokenOf {
  /** The application that holds the token; `null`: the token does not name it. */
  readonly application?: string | null;
  readonly claims?: Readonly<Record<string, unknown>>;
}

export interface BearerOf {
  readonly sub?: string;
  /** The zone unless given. */
  readonly iss?: string;
  readonly access?: 'read' | 'write';
}

export function zoneOf(gate: RunningGate) {
  async function standin(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await fetch(`${gate.keycard.url}/.standin/${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  const setControl = (settings: object) => standin('POST', 'session-control', settings);
  return {
    standin,
    setControl,
    control: (answers: object) => setControl({ answers }),
    create: async (members: object) => {
      const id = crypto.randomUUID();
      await standin('POST', 'sessions', { id, ...members });
      return id;
    },
    /** A bearer that Keycard accepts for the zone: of this subject, with these rights. */
    bearer: async ({
      sub,
      iss = gate.keycard.url,
      ...scope
    }: BearerOf = {}): Promise<RequestHeaders> => {
      const claims = sub === undefined ? {} : { claims: { iss, sub } };
      const made = (await standin('POST', 'bearers', { ...scope, ...claims })) as {
        bearer: string;
      };
      return { authorization: `Bearer ${made.bearer}` };
    },
    /** A token as a zone issues it: of a user, of an application, or of a session it names. */
    token: (subject: string, { application = APPLICATION, claims = {} }: TokenOf = {}) =>
      gate.keycard.createToken({
        subject,
        clientId: 'credential-1',
        audience: 'postern',
        ...(application !== null && { applicationId: application }),
        claims: { ...(application === null && { keycard_app_id: null }), ...claims },
      }),
    end: (method: 'PATCH' | 'DELETE', id: string, headers: RequestHeaders, zone = 'zone-1') =>
      fetchAs(`${gate.url}/zones/${zone}/sessions/${id}`, {
        method,
        headers: { ...headers, ...(method === 'PATCH' && { 'content-type': 'application/json' }) },
        ...(method === 'PATCH' && { body: '{"status":"revoked"}' }),
      }),
    /** The status of a token at each isolate. */
    statuses: (jwt: string): Promise<number[]> => {
      const headers = { authorization: `Bearer ${jwt}` };
      return Promise.all(
        gate.gates.map(
          async ({ url }) => (await fetchAs(`${url}/sessions/whoami`, { headers })).status,
        ),
      );
    },
  };
}
