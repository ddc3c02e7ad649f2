import keycard from '../../../standins/keycard/src/worker.ts';
import { store } from '../../../standins/kratos/src/store.ts';
import kratos from '../../../standins/kratos/src/worker.ts';
import { unsignedToken } from './instant-signatures.ts';

export type RequestHeaders = Readonly<Record<string, string>>;

export const KRATOS_CREDENTIALS = ['session token', 'bearer', 'cookie', 'JWT'] as const;
export const KEYCARD_CREDENTIALS = ['JWT', 'JWT with sid'] as const;

/** The credential of a person for whoami. */
export interface PresentedCredential {
  readonly kind: (typeof KRATOS_CREDENTIALS | typeof KEYCARD_CREDENTIALS)[number];
  readonly headers: RequestHeaders;
}

/** A signed-in person. */
export interface Person {
  readonly id: string;
  readonly identityId: string;
  /** Credentials by client: each client presents any of its own, again and again. */
  readonly clients: readonly (readonly PresentedCredential[])[];
}

export interface KratosPerson extends Person {
  readonly token: string;
  readonly cookie: string;
  /** The credential that changes are asked for with: the token, or the cookie on a page of the site. */
  readonly by: RequestHeaders;
}

/**
 * Kratos: `caller`, `other` and `third` are sessions of one person; `stranger` is somebody else's. Keycard: the `agent`'s
 * session is derived from the `user`'s; `elsewhere` is the `user`, in another application; `application` and `bystander`
 * have nothing to do with either.
 */
export interface People {
  readonly caller: KratosPerson;
  readonly other: KratosPerson;
  readonly third: KratosPerson;
  readonly stranger: KratosPerson;
  readonly user: Person;
  readonly agent: Person;
  readonly elsewhere: Person;
  readonly application: Person;
  readonly bystander: Person;
}

export const SITE = 'https://app.example.test';
export const KRATOS_ISSUER = 'https://auth.example.test/';

export function keycardIssuer(zoneId: string): string {
  return `https://${zoneId}.keycard.cloud`;
}

/** The address of a person at first, and the one that some verify. */
export const emailOf = ({ identityId }: Person) => `${identityId}@example.com`;
export const newEmailOf = ({ identityId }: Person) => `${identityId}@new.example.com`;

export function kratosStandin(method: string, path: string, body?: object): Promise<Response> {
  return Promise.resolve(
    kratos.fetch(standinRequest('https://kratos.test', method, path, body), {}),
  );
}

export function keycardStandin(method: string, path: string, body?: object): Promise<Response> {
  return Promise.resolve(
    keycard.fetch(standinRequest('https://api.keycard.test', method, path, body)),
  );
}

function standinRequest(origin: string, method: string, path: string, body?: object): Request {
  const init = { method, ...(body !== undefined && { body: JSON.stringify(body) }) };
  return new Request(`${origin}/.standin/${path}`, init);
}

export interface PeopleOptions {
  readonly zoneId: string;
  /** When the world begins, in milliseconds since the epoch. */
  readonly startMs: number;
  readonly isByCookie: boolean;
}

/** Signs all people in, at stand-ins without the state of earlier runs. */
export async function invite(options: PeopleOptions): Promise<People> {
  await kratosStandin('DELETE', 'control');
  for (const table of [store.sessions, store.identities, store.flows]) {
    table.clear();
  }
  const signIn = (identityId: string) => signInAtKratos(identityId, options);
  const [ann, bob] = [crypto.randomUUID(), crypto.randomUUID()];
  const user = await signInAtKeycard({ user_id: crypto.randomUUID() }, options);
  const agent = { user_id: crypto.randomUUID(), parent_id: user.id };
  const elsewhere = { user_id: user.identityId, application_id: 'app-2' };
  const application = { session_type: 'application', application_id: crypto.randomUUID() };
  return {
    caller: await signIn(ann),
    other: await signIn(ann),
    third: await signIn(ann),
    stranger: await signIn(bob),
    user,
    agent: await signInAtKeycard(agent, options),
    elsewhere: await signInAtKeycard(elsewhere, options),
    application: await signInAtKeycard(application, options),
    bystander: await signInAtKeycard({ user_id: crypto.randomUUID() }, options),
  };
}

/** With a second factor, so that the session stays good where one is enrolled. */
async function signInAtKratos(
  identityId: string,
  { startMs, isByCookie }: PeopleOptions,
): Promise<KratosPerson> {
  const made = await kratosStandin('POST', 'sessions', { identityId, aal: 'aal2' });
  const {
    session: { id },
    session_token: token,
    cookie,
  } = (await made.json()) as { session: { id: string }; session_token: string; cookie: string };
  const claims = { iss: KRATOS_ISSUER, sub: identityId, sid: id, ...lifetime(startMs) };
  const byToken = { 'x-session-token': token };
  const byCookie = { cookie, origin: SITE, 'sec-fetch-site': 'same-origin' };
  return {
    id,
    identityId,
    token,
    cookie,
    by: isByCookie ? byCookie : byToken,
    clients: [
      [
        { kind: 'session token', headers: byToken },
        { kind: 'bearer', headers: bearer(token) },
        { kind: 'cookie', headers: { cookie } },
      ],
      [{ kind: 'JWT', headers: bearer(unsignedToken(claims, ES256)) }],
    ],
  };
}

interface KeycardMembers {
  readonly user_id?: string;
  readonly application_id?: string;
  readonly parent_id?: string;
}

/** A session of the zone, with a token that names it and one that names its user and application alone. */
async function signInAtKeycard(
  members: KeycardMembers,
  { zoneId, startMs }: PeopleOptions,
): Promise<Person> {
  const { user_id, application_id = 'app-1' } = members;
  const identityId = user_id ?? application_id;
  const id = crypto.randomUUID();
  const named = { id, application_id, subject: identityId, zone_id: zoneId };
  const parent = user_id === undefined ? {} : { parent_id: null };
  await keycardStandin('POST', 'sessions', { ...parent, ...members, ...named });
  const claims = {
    iss: keycardIssuer(zoneId),
    sub: identityId,
    client_id: 'credential-1',
    sub_profile: user_id === undefined ? 'app' : 'user',
    keycard_app_id: application_id,
    jti: crypto.randomUUID(),
    ...lifetime(startMs),
  };
  const tokenOf = (all: object) => bearer(unsignedToken(all, RS256));
  const tokens: PresentedCredential[] = [
    { kind: 'JWT', headers: tokenOf(claims) },
    { kind: 'JWT with sid', headers: tokenOf({ ...claims, sid: id }) },
  ];
  return { id, identityId, clients: [tokens] };
}

const ES256 = { alg: 'ES256', kid: 'k', typ: 'JWT' };
const RS256 = { alg: 'RS256', kid: 'k', typ: 'at+jwt' };

function lifetime(startMs: number) {
  const seconds = Math.floor(startMs / 1000) - 2;
  return { aud: 'postern', iat: seconds, exp: seconds + 3600 };
}

function bearer(token: string): RequestHeaders {
  return { authorization: `Bearer ${token}` };
}
