/** The built gate in two isolates with every route of the session API, a log that can fail, and tokens of its people. */

import type { StartGateOptions } from '../../support/gate-options.ts';
import type { SignedInSession } from '../../support/standin-control.ts';
import type { RunningGate } from '../../support/start-gate.ts';
import { createTestIssuer } from '../../support/token-issuer.ts';
import { fetchAs } from '../session-api/fetch-as.ts';
import { startKratosApi } from '../session-api/start-session-api.ts';

const ISSUER = 'https://auth.example.test/';
const LAG_MS = 5000;

/** A session in every form in which the gate knows it. */
export interface KnownSession extends SignedInSession {
  readonly identityId: string;
  /** A JWT of the session. */
  readonly jwt: string;
}

export interface Site extends AsyncDisposable {
  readonly gate: RunningGate;
  /** A session that both isolates have cached, by token and by cookie, with a JWT that both accept. */
  signIn(identityId?: string): Promise<KnownSession>;
  /** Sends a request to one of the isolates. */
  send(path: string, init?: RequestInit, isolate?: number): Promise<Response>;
  /** Answers of each isolate about the session now: by token, by cookie, by JWT. */
  statuses(session: KnownSession): Promise<number[]>;
  /** Lets the lag pass. */
  settle(): Promise<void>;
  /** Keys of every mark that the log holds. */
  marks(): Promise<string[]>;
}

export async function startSite({ vars, ...options }: StartGateOptions = {}): Promise<Site> {
  const issuer = await createTestIssuer({ issuer: ISSUER });
  const gate = await startKratosApi({
    isolates: 2,
    log: 'faulty',
    kv: 'none',
    ...options,
    vars: {
      SELF_SERVICE: true,
      STORE_TIMEOUT_MS: 400,
      ISSUERS: [issuer.settings],
      ...vars,
    },
  });
  await gate.clock.advance(120_000); // past the head start of a new log
  const send: Site['send'] = (path, init, isolate = 0) =>
    fetchAs(`${gate.gates[isolate]?.url}${path}`, init);
  const statuses = async ({ token, cookie, jwt }: KnownSession) => {
    const ways = [{ 'x-session-token': token }, { cookie }, { authorization: `Bearer ${jwt}` }];
    const asked = [0, 1].flatMap((isolate) =>
      ways.map(async (headers) => (await send('/sessions/whoami', { headers }, isolate)).status),
    );
    return Promise.all(asked);
  };
  return {
    gate,
    send,
    statuses,
    async signIn(identityId = crypto.randomUUID()) {
      const session = await gate.kratos.createSession({ identityId });
      const claims = { sid: session.id, sub: identityId };
      const jwt = await issuer.token(gate.clock.now() - 2000, { claims });
      const known = { ...session, identityId, jwt };
      await statuses(known);
      return known;
    },
    settle: () => gate.clock.advance(LAG_MS + 1),
    async marks() {
      const body = JSON.stringify({ method: 'read', args: [0] });
      const answer = await fetch(`${gate.logUrl}/call`, { method: 'POST', body });
      const page = (await answer.json()) as { marks: { key: string }[] };
      return page.marks.map(({ key }) => key);
    },
    [Symbol.asyncDispose]: () => gate.dispose(),
  };
}

export const GONE = [401, 401, 401, 401, 401, 401];
export const SERVED = [200, 200, 200, 200, 200, 200];
