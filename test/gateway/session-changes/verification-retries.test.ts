import { afterEach, describe, expect, it } from 'vitest';
import { forAllTests } from '../../support/for-all-tests.ts';
import { as, ofCookie, PAGE, selfServiceForms } from './self-service-forms.ts';
import { type KnownSession, startSite } from './site.ts';

const CODE = { method: 'code', code: '000000' };

const { begin, submit } = selfServiceForms(() => site);

const site = await forAllTests(startSite());
afterEach(() => site.gate.reset());

/** A person who has asked for a new address, which takes effect when it is verified. */
async function askForAddress(): Promise<{ known: KnownSession; email: string }> {
  const known = await site.signIn();
  const email = `new-${known.identityId}@example.com`;
  await site.gate.kratos.control({ verifiesNewAddress: true });
  const settings = await begin('settings', 'api', { headers: as(known) });
  await submit('settings', settings, { method: 'profile', traits: { email } });
  await site.gate.clock.advance(10_001);
  await shownAddresses(known);
  return { known, email };
}

/** The address of a person, as each isolate shows it. */
function shownAddresses(known: KnownSession): Promise<string[]> {
  return Promise.all(
    [0, 1].map(async (isolate) => {
      const answer = await site.send('/sessions/whoami', { headers: as(known) }, isolate);
      const { identity } = (await answer.json()) as { identity: { traits: { email: string } } };
      return identity.traits.email;
    }),
  );
}

/** Sends something that is done, and whose answer comes later than the gate waits. */
async function loseAnswer(send: () => Promise<Response>): Promise<void> {
  const { kratos } = site.gate;
  await kratos.control({ lateAnswers: { 'POST /self-service/verification': 800 } });
  expect((await send()).status).toBe(504);
  await kratos.control({ lateAnswers: {} });
}

async function callsOf(route: string): Promise<number> {
  const answer = await fetch(`${site.gate.kratos.url}/.standin/calls`);
  const { counts } = (await answer.json()) as { counts: Record<string, number> };
  const calls = Object.entries(counts).filter(([name]) => name.split('?')[0] === route);
  return calls.reduce((sum, [, count]) => sum + count, 0);
}

describe('a verification whose answer was lost', () => {
  it.each([
    ['by its owner', true],
    ['by an anonymous browser', false],
  ])('R19: %s takes effect when its retry is answered as done', async (_, isOwner) => {
    const { known, email } = await askForAddress();
    const flow = await begin('verification', 'api', { headers: isOwner ? as(known) : {} });
    await submit('verification', flow, { method: 'code', email });
    await loseAnswer(() => submit('verification', flow, CODE));
    expect((await submit('verification', flow, CODE)).status).toBe(200);
    await site.settle();
    expect(await shownAddresses(known)).toEqual([email, email]);
  });

  it('R19: is not answered as done while its person cannot be looked up', async () => {
    const { known, email } = await askForAddress();
    const flow = await begin('verification', 'api', { headers: as(known) });
    await submit('verification', flow, { method: 'code', email });
    await loseAnswer(() => submit('verification', flow, CODE));
    await site.gate.kratos.control({ whoami: { status: 500 } });
    const { status } = await submit('verification', flow, CODE);
    await site.gate.kratos.control({ whoami: null });
    await site.settle();
    expect([status, await shownAddresses(known)]).toEqual([200, [email, email]]);
  });

  it('R19: leaves no mark to write for the retry of a recorded one', async () => {
    const { known, email } = await askForAddress();
    const flow = await begin('verification', 'api');
    await submit('verification', flow, { method: 'code', email });
    expect((await submit('verification', flow, CODE)).status).toBe(200);
    const state = async () => {
      const lines = await site.gate.logs();
      const isOfAll = (line: string) => line.includes('revocation-everything');
      return [await site.marks(), lines.filter(isOfAll).length];
    };
    const before = await state();
    for (const headers of [{}, as(known)]) {
      const again = { ...flow, headers: { ...flow.headers, ...headers } };
      expect((await submit('verification', again, CODE)).status).toBe(200);
    }
    // Kratos reads each of these as the same id (gofrs/uuid 4.4, `FromString`).
    const { id } = flow;
    for (const spelled of [
      id.toUpperCase(),
      id.replaceAll('-', ''),
      `%7B${id}%7D`,
      `urn:uuid:${id}`,
    ]) {
      expect((await submit('verification', { ...flow, id: spelled }, CODE)).status).toBe(200);
    }
    expect(await state()).toEqual(before); // nor is everything checked
  });
});

describe('a verification by the link in the mail', () => {
  it('R19: is not answered as done while the flow cannot be read afterwards', async () => {
    const { known, email } = await askForAddress();
    const flow = await begin('verification', 'browser');
    await submit('verification', flow, { method: 'code', email }, { isPage: true });
    const link = `/self-service/verification?flow=${flow.id}&code=000000`;
    const follow = () => site.send(link, { headers: { ...flow.headers, ...PAGE } });
    // The flow is read before the change too, and is well then.
    const route = 'GET /self-service/verification';
    await site.gate.kratos.control({ lateAnswers: { [route]: 200 } });
    const before = await callsOf(route);
    const answer = follow();
    await expect.poll(() => callsOf(route)).toBeGreaterThan(before);
    const failing = { 'GET /self-service/verification/flows': { status: 503 } };
    await site.gate.kratos.control({ answers: failing, lateAnswers: {} });
    expect((await answer).status).toBe(503);
    await site.gate.kratos.control({ answers: {} });
    expect((await follow()).status).toBe(303);
    await site.settle();
    expect(await shownAddresses(known)).toEqual([email, email]);
  });

  it('R19: in another browser of its owner is not answered as done while whoami fails', async () => {
    const { known, email } = await askForAddress();
    const flow = await begin('verification', 'browser');
    await submit('verification', flow, { method: 'code', email }, { isPage: true });
    const link = `/self-service/verification?flow=${flow.id}&code=000000`;
    const follow = () => site.send(link, { headers: { ...ofCookie(known), ...PAGE } });
    await site.gate.clock.advance(61_000);
    await site.gate.kratos.control({ whoami: { status: 500 } });
    expect((await follow()).status).toBe(503);
    await site.gate.kratos.control({ whoami: null });
    expect((await follow()).status).toBe(303);
    await site.settle();
    expect(await shownAddresses(known)).toEqual([email, email]);
  });

  it('R19: in another browser of its owner, with a session below the required level, takes effect at once', async () => {
    const { known, email } = await askForAddress();
    const other = await site.gate.kratos.createSession({
      identityId: known.identityId,
      aal: 'aal2',
    });
    const asOther = { ...known, ...other };
    await site.gate.kratos.changeIdentity(known.identityId, { totp: true });
    await shownAddresses(asOther);
    const flow = await begin('verification', 'browser');
    await submit('verification', flow, { method: 'code', email }, { isPage: true });
    await site.gate.clock.advance(61_000);
    await shownAddresses(asOther);
    const link = `/self-service/verification?flow=${flow.id}&code=000000`;
    await site.send(link, { headers: { ...ofCookie(known), ...PAGE } });
    await site.settle();
    expect(await shownAddresses(asOther)).toEqual([email, email]);
  });
});
