/**
 * For tests of a site behind Postern: sessions of one test run. Postern itself has no test mode. The test hands it a session
 * store and issuers of its own, in code, and every check is the deployed one.
 */
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { ServiceBinding } from './bindings.ts';
import type { PosternOptions } from './create-postern.ts';
import type { KratosSession, UnknownTraits } from './sessions.ts';
import type { PosternSettings } from './settings.ts';

/** Options of the sessions of a test run. */
export interface TestSessionsOptions {
  /** Further settings of the site, such as `RULES`. `PUBLIC_URL` is `https://app.example.com` if left out. */
  readonly settings?: Partial<PosternSettings> | undefined;
}

/** A person who is to be signed in. */
export interface TestPerson<Traits = UnknownTraits> {
  /** @default a new id */
  readonly id?: string | undefined;
  readonly traits?: Traits | undefined;
  readonly metadata?: KratosSession['identity']['metadata_public'];
  /** @default 'aal1' */
  readonly aal?: 'aal1' | 'aal2' | undefined;
  /** @default now */
  readonly authenticatedAt?: Date | undefined;
}

/** A caller with an access token of a Keycard zone. */
export interface TestCaller {
  /** The user or the application. @default a new id */
  readonly subject?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  /** Whether an application acts for itself. @default false */
  readonly isApplication?: boolean | undefined;
}

/** Sessions that one Postern accepts, and no other. */
export interface TestSessions {
  /** For `createPostern()` or `postern()`. They read nothing from the environment, and revocation is off. */
  readonly options: PosternOptions;
  /**
   * Returns a request of a person with a session of Kratos.
   *
   * @param to a path of the site, or a request to which the session cookie is added
   */
  signedIn<Traits = UnknownTraits>(person?: TestPerson<Traits>, to?: string | Request): Request;
  /** Returns a request with an access token of a Keycard zone. */
  withToken(caller?: TestCaller, to?: string | Request): Promise<Request>;
  /** Ends the session of a request in the store. Postern may serve it from its cache for `FRESH_SECONDS` more. */
  end(request: Request): void;
}

const COOKIE_NAME = 'ory_kratos_session';
const KRATOS_URL = 'https://kratos.example.test';
const ZONE = 'https://zone.example.test';
const AUDIENCE = 'https://api.example.test';
const DAY_MS = 86_400_000;

/** Makes a key pair, an issuer and a session store for one test run. */
export async function createTestSessions({
  settings = {},
}: TestSessionsOptions = {}): Promise<TestSessions> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const key = { ...(await exportJWK(publicKey)), kid: 'test', alg: 'ES256' };
  const store = new Map<string, KratosSession>();
  const publicUrl = settings.PUBLIC_URL ?? 'https://app.example.com';
  const cookieName = settings.SESSION_COOKIE_NAMES?.[0] ?? COOKIE_NAME;
  return {
    options: {
      pick: [],
      settings: {
        PUBLIC_URL: publicUrl,
        KRATOS_PUBLIC_URL: KRATOS_URL,
        ISSUERS: [
          {
            issuer: ZONE,
            preset: 'keycard',
            audience: AUDIENCE,
            algorithms: ['ES256'],
            keys: [key],
          },
        ],
        REVOCATION: 'off',
        DECISION_LOG: 'none',
        ...settings,
      },
      bindings: { KRATOS: storeBinding(store, cookieName) },
    },
    signedIn(person = {}, to = '/') {
      const secret = `test_${crypto.randomUUID()}`;
      store.set(secret, sessionOf(person));
      return requestWith({ Cookie: `${cookieName}=${secret}` }, to, publicUrl);
    },
    async withToken(
      { subject = crypto.randomUUID(), scopes = [], isApplication = false } = {},
      to = '/',
    ) {
      const token = await new SignJWT({
        client_id: isApplication ? subject : 'test-client',
        jti: crypto.randomUUID(),
        sub_profile: isApplication ? 'app' : 'user',
        ...(isApplication && { keycard_app_id: subject }),
        scope: scopes.join(' '),
      })
        .setProtectedHeader({ alg: 'ES256', kid: 'test', typ: 'at+jwt' })
        .setIssuer(ZONE)
        .setAudience(AUDIENCE)
        .setSubject(subject)
        .setIssuedAt()
        .setExpirationTime('1h')
        .sign(privateKey);
      return requestWith({ Authorization: `Bearer ${token}` }, to, publicUrl);
    },
    end(request) {
      const secret = secretOf(request, cookieName);
      if (!store.delete(secret)) {
        throw new Error(
          'end() takes a request of signedIn(); this one has no session of this test run.',
        );
      }
    },
  };
}

function requestWith(
  credential: Readonly<Record<string, string>>,
  to: string | Request,
  publicUrl: string,
): Request {
  const request = typeof to === 'string' ? new Request(new URL(to, publicUrl)) : new Request(to);
  for (const [name, value] of Object.entries(credential)) request.headers.set(name, value);
  return request;
}

function sessionOf<Traits>({
  id = crypto.randomUUID(),
  traits,
  metadata = null,
  aal = 'aal1',
  authenticatedAt = new Date(),
}: TestPerson<Traits>): KratosSession {
  const at = authenticatedAt.toISOString();
  const methods = aal === 'aal2' ? ['password', 'totp'] : ['password'];
  return {
    id: crypto.randomUUID(),
    active: true,
    expires_at: new Date(Date.now() + DAY_MS).toISOString(),
    authenticated_at: at,
    authenticator_assurance_level: aal,
    authentication_methods: methods.map((method, index) => ({
      method,
      aal: `aal${index + 1}`,
      completed_at: at,
    })),
    issued_at: at,
    identity: {
      id,
      schema_id: 'default',
      schema_url: `${KRATOS_URL}/schemas/ZGVmYXVsdA`,
      state: 'active',
      traits: (traits ?? {}) as UnknownTraits, // they are sent as JSON, whatever their type
      metadata_public: metadata,
      created_at: at,
      updated_at: at,
    },
    devices: [],
  };
}

/** Answers as Kratos's public API does (`session/handler.go`): whoami, and whether it is ready. */
function storeBinding(
  store: ReadonlyMap<string, KratosSession>,
  cookieName: string,
): ServiceBinding {
  return {
    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname === '/health/ready') return Response.json({ status: 'ok' });
      if (pathname !== '/sessions/whoami') return errorOf(404, 'Not Found');
      const session = store.get(secretOf(request, cookieName));
      if (session === undefined) return errorOf(401, 'Unauthorized');
      const headers = { 'X-Kratos-Authenticated-Identity-Id': session.identity.id };
      return Response.json(session, { headers });
    },
  };
}

function errorOf(code: number, status: string): Response {
  const message = 'The request could not be authorized';
  return Response.json({ error: { code, status, message } }, { status: code });
}

function secretOf({ headers }: Request, cookieName: string): string {
  const pairs = (headers.get('cookie') ?? '').split(/; */);
  const pair = pairs.find((each) => each.startsWith(`${cookieName}=`));
  return pair?.slice(cookieName.length + 1) ?? headers.get('x-session-token') ?? '';
}
