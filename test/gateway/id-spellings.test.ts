/** RFC 9562 section 4: a UUID is written in lower case, and is read in either. Other ids are compared byte for byte. */

import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { get, header } from '../support/raw-http.ts';
import { createTestIssuer } from '../support/token-issuer.ts';

const ISSUER = 'https://auth.example.test/';
const SECRET = 'a secret of the sender of webhooks';

let count = 0;

const issuer = await createTestIssuer({ issuer: ISSUER });
const settings = { issuer: ISSUER, preset: 'kratos', audience: 'postern', algorithms: ['ES256'] };
const gate = await gateForAllTests({
  vars: { WEBHOOK_SECRETS: [SECRET], ISSUERS: [{ ...settings, keys: [issuer.publicJwk] }] },
});

/** Sends a webhook, and waits for longer than a mark takes to be known. */
async function tell(message: object): Promise<void> {
  count += 1;
  const [id, body] = [`id-${count}`, JSON.stringify(message)];
  const timestamp = String(Math.floor(gate.clock.now() / 1000));
  const signature = createHmac('sha256', SECRET)
    .update(`${id}.${timestamp}.${body}`)
    .digest('base64');
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signature}`,
  };
  const response = await fetch(`${gate.url}/.postern/events/webhook`, {
    method: 'POST',
    body,
    headers,
  });
  expect(response.status).toBe(204);
  await gate.clock.advance(6000);
}

const whoami = async (headers: Readonly<Record<string, string>>) => {
  const answer = await get(gate.port, '/sessions/whoami', headers);
  return [answer.status, header(answer, 'postern-reason')];
};
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
const uuid = () => crypto.randomUUID();
const upper = (id: string) => id.toUpperCase();
const lower = (id: string) => id;
const mixed = (id: string) =>
  id.replace(/[a-f]/g, (letter, at) => (at % 2 ? letter.toUpperCase() : letter));

/** `subject_source: external_id` of Kratos's tokenizer (`session/tokenizer.go`). */
describe('a token whose subject is an external id', () => {
  it('J34: without a session claim, ends with the person that the external id names', async () => {
    const [id, externalId] = [uuid(), `customer-${uuid()}`];
    const claims = { sub: externalId, sid: uuid(), jti: uuid() };
    const token = await issuer.token(gate.clock.now(), { claims });
    expect(await whoami(bearer(token))).toEqual([200, undefined]);
    await gate.clock.advance(1000);
    await tell({ identity_ids: [id, externalId] });
    expect(await whoami(bearer(token))).toEqual([401, 'token_revoked']);
  });

  it('J34: with a session claim, ends with the person under either id', async () => {
    for (const pick of [0, 1]) {
      const [id, externalId] = [uuid(), `customer-${uuid()}`];
      const session = { identity: { id, external_id: externalId } };
      const claims = { sub: externalId, sid: uuid(), jti: uuid(), session };
      const token = await issuer.token(gate.clock.now(), { claims });
      expect(await whoami(bearer(token))).toEqual([200, undefined]);
      await gate.clock.advance(1000);
      await tell({ identity_ids: [[id, externalId][pick]] });
      expect(await whoami(bearer(token))).toEqual([401, 'token_revoked']);
    }
  });
});

describe('an id in another spelling', () => {
  it.each([
    ['upper case', upper],
    ['mixed case', mixed],
  ])('J33: of a session or a person, in %s, names the session and the person', async (_, spell) => {
    for (const name of ['session_ids', 'identity_ids']) {
      const signedIn = await gate.kratos.createSession();
      const { cookie, id, session } = signedIn;
      expect(await whoami({ Cookie: cookie })).toEqual([200, undefined]);
      await gate.kratos.revoke(id);
      await tell({ [name]: [spell(name === 'session_ids' ? id : session.identity.id)] });
      expect([name, await whoami({ Cookie: cookie })]).toEqual([name, [401, 'session_inactive']]);
    }
  });

  it.each([
    ['upper case, in the message', upper, lower],
    ['upper case, in the token', lower, upper],
    ['mixed case, in both', mixed, upper],
  ])(
    'J33: of a token’s session, person or own id, in %s, ends the token',
    async (_, told, held) => {
      for (const [claim, message] of [
        ['sid', (id: string) => ({ session_ids: [id] })],
        ['sub', (id: string) => ({ identity_ids: [id] })],
        ['jti', (id: string) => ({ tokens: [{ issuer: ISSUER, id }] })],
      ] as const) {
        const id = uuid();
        const claims = { jti: uuid(), sid: uuid(), sub: uuid(), [claim]: held(id) };
        const token = await issuer.token(gate.clock.now(), { claims });
        expect([claim, await whoami(bearer(token))]).toEqual([claim, [200, undefined]]);
        await gate.clock.advance(1000);
        await tell(message(told(id)));
        expect([claim, await whoami(bearer(token))]).toEqual([claim, [401, 'token_revoked']]);
      }
    },
  );

  it('J33: in the session claim of a token names the same session and person', async () => {
    const [sid, sub] = [uuid(), uuid()];
    const session = { id: upper(sid), identity: { id: upper(sub) } };
    const token = await issuer.token(gate.clock.now(), { claims: { sid, sub, session } });
    expect(await whoami(bearer(token))).toEqual([200, undefined]);
    const others = { id: uuid(), identity: { id: upper(sub) } };
    const forged = await issuer.token(gate.clock.now(), { claims: { sid, sub, session: others } });
    expect(await whoami(bearer(forged))).toEqual([401, 'token_claim_invalid']);
  });

  it('J33: without UUID form is a different id', async () => {
    for (const [held, told] of [
      ['user-a', 'USER-A'],
      ['0d2bcafe', '0D2BCAFE'],
      [uuid(), `{${uuid()}}`],
      ['c0ffee00-1111-4222-8333-44445555666g', 'C0FFEE00-1111-4222-8333-44445555666G'],
    ] as const) {
      const claims = { sid: held, sub: uuid() };
      const token = await issuer.token(gate.clock.now(), { claims });
      await tell({ session_ids: [told] });
      expect(await whoami(bearer(token))).toEqual([200, undefined]);
    }
  });
});
