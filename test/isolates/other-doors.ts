/** Keycard's routes, and the receivers of events. */

import { createHmac, randomUUID } from 'node:crypto';
import { GUARDED } from '../gateway/session-api/start-session-api.ts';
import type { KnownSession } from '../gateway/session-changes/site.ts';
import {
  AUDIENCE,
  type Deployment,
  ISSUER,
  WEBHOOK_API_KEY,
  WEBHOOK_SECRET,
} from './deployment.ts';
import {
  type Door,
  json,
  type Revocation,
  type Subject,
  subjectsOf,
  tokenOf,
  twoOf,
} from './revocation.ts';

const CAEP = 'https://schemas.openid.net/secevent/caep/event-type';

const CALLERS: readonly [string, (deployment: Deployment) => Promise<Record<string, string>>][] = [
  ['a guarded caller', async () => GUARDED],
  [
    'a bearer of the caller’s own',
    async ({ keycard }) => ({ authorization: `Bearer ${await keycard.bearer()}` }),
  ],
];

const APPLICATION = 'application-1';

/** The end of a session of Keycard's from which another user's is derived. */
const keycard = CALLERS.flatMap(([who, headersOf]) =>
  (['PATCH', 'DELETE'] as const).map(
    (method): Door => ({
      name: `${method} of a Keycard session, by ${who}`,
      route: `${method} /zones/:zoneId/sessions/:id`,
      async prepare(deployment) {
        const [user, agent] = [`user-${randomUUID()}`, `agent-${randomUUID()}`];
        const create = (name: string, parent_id: string | null) =>
          deployment.keycard.createSession({
            ...{ id: randomUUID(), user_id: name, subject: name, parent_id },
            application_id: APPLICATION,
          });
        const { id } = await create(user, null);
        await create(agent, id);
        const mint = async (
          subject: string,
          claims = {},
          applicationId = APPLICATION,
        ): Promise<Subject> => {
          const options = { subject, audience: AUDIENCE, applicationId, claims };
          const jwt = await deployment.runtimes[0].keycard.createToken(options);
          return { kind: 'token', headers: { authorization: `Bearer ${jwt}` } };
        };
        const headers = await headersOf(deployment);
        const init =
          method === 'PATCH' ? json('PATCH', { status: 'revoked' }, headers) : { method, headers };
        return {
          ends: [await mint(user), await mint(user, { sid: id }), await mint(agent)],
          spares: [await mint(user, {}, 'application-2')],
          send: (isolate) => deployment.send(`/zones/zone-1/sessions/${id}`, init, isolate),
          doneAgain: [404, 409],
        };
      },
    }),
  ),
);

/** A message about a session that has just ended in the store; a retry is the same message again. */
function told(
  name: string,
  compose: (
    known: KnownSession,
    deployment: Deployment,
  ) => Promise<{ readonly path: string; readonly init: RequestInit }>,
  rest: Pick<Revocation, 'doneAgain'> = {},
): Door {
  return {
    name,
    async prepare(deployment) {
      const { other: known } = await twoOf(deployment);
      const { path, init } = await compose(known, deployment);
      return {
        ends: subjectsOf(known),
        async send(isolate) {
          await deployment.runtimes[0].kratos.revoke(known.id);
          return deployment.send(path, init, isolate);
        },
        ...rest,
      };
    },
  };
}

const WEBHOOK = '/.postern/events/webhook';
const byKey = (body: object) => ({
  path: WEBHOOK,
  init: json('POST', body, { authorization: `Bearer ${WEBHOOK_API_KEY}` }),
});

function signed(body: object, now: number) {
  const id = randomUUID();
  const text = JSON.stringify(body);
  const signature = createHmac('sha256', WEBHOOK_SECRET).update(`${id}.${now}.${text}`);
  return {
    path: WEBHOOK,
    init: json('POST', body, {
      'webhook-id': id,
      'webhook-timestamp': String(now),
      'webhook-signature': `v1,${signature.digest('base64')}`,
    }),
  };
}

const webhook: Door[] = [
  told('webhook: a session', async ({ id }, { now }) => signed({ session_ids: [id] }, now())),
  told('webhook: a session in upper case, by key', async ({ id }) =>
    byKey({ session_ids: [id.toUpperCase()] }),
  ),
  told('webhook: an identity', async ({ identityId }) => byKey({ identity_ids: [identityId] })),
  {
    name: 'webhook: a token',
    async prepare(deployment) {
      const session = await deployment.signIn();
      const id = jtiOf(session);
      const { path, init } = byKey({ tokens: [{ issuer: ISSUER, id }] });
      return {
        ends: [tokenOf(session)],
        spares: subjectsOf(session).filter(({ kind }) => kind === 'session'),
        send: (isolate) => deployment.send(path, init, isolate),
      };
    },
  },
  {
    ...told('webhook: everything', async () => byKey({ everything: true })),
    isForAll: true,
  },
  {
    name: 'webhook: all tokens of an issuer',
    isForAll: true,
    async prepare(deployment) {
      const session = await deployment.signIn();
      const { path, init } = byKey({ issuers: [ISSUER] });
      return {
        ends: [tokenOf(session)],
        send: (isolate) => deployment.send(path, init, isolate),
      };
    },
  },
];

function jtiOf({ jwt }: KnownSession): string {
  const payload = Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString();
  return (JSON.parse(payload) as { jti: string }).jti;
}

type Claims = Readonly<Record<string, unknown>>;

/** A logout token that was recorded, although its answer was a fault, is refused as a repetition. */
const RECORDED_BEFORE = { doneAgain: [400] };

function logoutToken(name: string, about: (known: KnownSession) => Claims): Door {
  const compose: Parameters<typeof told>[1] = async (known, { signer, now }) => {
    const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
    const iat = now();
    const times = { iat, exp: iat + 120 };
    const claims = { iss: ISSUER, aud: AUDIENCE, jti: randomUUID(), events, ...times };
    const token = await signer.sign({ ...claims, ...about(known) }, { typ: 'logout+jwt' });
    return {
      path: '/.postern/events/backchannel-logout',
      init: { method: 'POST', body: new URLSearchParams({ logout_token: token }) },
    };
  };
  return told(name, compose, RECORDED_BEFORE);
}

function securityEvent(
  name: string,
  event: string,
  subject: (known: KnownSession) => Claims,
): Door {
  return told(name, async (known, { signer, now }) => {
    const iat = now();
    const events = {
      [`${CAEP}/${event}`]: {
        event_timestamp: iat,
        ...(event === 'credential-change' && {
          credential_type: 'password',
          change_type: 'update',
        }),
      },
    };
    const ids = { iss: ISSUER, aud: AUDIENCE, jti: randomUUID(), iat };
    const claims = { ...ids, sub_id: subject(known), events };
    return {
      path: '/.postern/events/security-events',
      init: {
        method: 'POST',
        headers: { 'content-type': 'application/secevent+jwt' },
        body: await signer.sign(claims, { typ: 'secevent+jwt' }),
      },
    };
  });
}

const person = ({ identityId: sub }: KnownSession) => ({ format: 'iss_sub', iss: ISSUER, sub });

const bySignedEvent: Door[] = [
  logoutToken('back-channel logout of a session', ({ id: sid }) => ({ sid })),
  logoutToken('back-channel logout of a person', ({ identityId: sub }) => ({ sub })),
  securityEvent('CAEP session-revoked of a session', 'session-revoked', ({ id }) => ({
    format: 'opaque',
    id,
  })),
  securityEvent('CAEP session-revoked of a person', 'session-revoked', person),
  securityEvent('CAEP credential-change', 'credential-change', person),
];

export const OTHER_DOORS: readonly Door[] = [...keycard, ...webhook, ...bySignedEvent];
