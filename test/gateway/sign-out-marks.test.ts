/** The marks of a sign-out and of a person reach that sign-in and that person, and nobody else. */
import { expect, it } from 'vitest';
import { request } from '../support/raw-http.ts';
import { Browser, SIGN_OUT, startSignInSite } from './sign-in-site.ts';

const PROGRAM = { Accept: 'application/json' };
const KEY = 'a-key-for-senders-that-cannot-sign';
const MAX_MARKS = 1000;

const statusOf = async (one: Browser) => (await one.get('/', PROGRAM)).status;

async function signOut(one: Browser): Promise<void> {
  const page = await one.get(SIGN_OUT);
  const [, token = ''] = /name="token" value="([^"]+)"/.exec(page.body.toString()) ?? [];
  expect((await one.post(SIGN_OUT, { token })).status).toBe(200);
}

it('a person who signs in and out again and again ends the sign-in of no other person', async () => {
  await using site = await startSignInSite(
    { vars: { REVOCATION_MAX_MARKS: MAX_MARKS } },
    { isolates: 2 },
  );
  await site.keycard.control({ subject: 'victim', ttlSeconds: 3600 });
  const victim = new Browser(site.port);
  expect((await victim.signIn()).status).toBe(303);
  await site.clock.advance(5000);
  await site.keycard.control({ subject: 'attacker' });
  // One issuer has a quarter of the log.
  for (let count = 0; count < MAX_MARKS / 4 + 50; ) {
    const attacker = new Browser(site.port);
    if ((await attacker.signIn()).status === 303) {
      await signOut(attacker);
      count += 1;
    } else {
      await site.clock.advance(3000); // the person's own marks were folded
    }
  }
  await site.clock.advance(6000);
  // An isolate that has read nothing yet gets the folded marks.
  for (const { port } of site.gates) {
    expect(await statusOf(new Browser(port, { jar: victim.jar.copy() }))).toBe(200);
  }
}, 120_000);

it('a mark that is made while the code is exchanged ends the sign-in, and not only its first token', async () => {
  await using site = await startSignInSite({ vars: { WEBHOOK_API_KEYS: [KEY] } }, { isolates: 2 });
  await site.keycard.control({ ttlSeconds: 600 });
  const behind = site.isolate(1).port;
  const other = new Browser(behind);
  expect((await other.signIn()).status).toBe(303);
  expect(await statusOf(other)).toBe(200); // the isolate has read the log
  const browser = new Browser(behind);
  const url = await browser.authorize();
  const iat = Math.floor(site.clock.now() / 1000);
  const sent = await request(site.port, {
    method: 'POST',
    target: '/.postern/events/webhook',
    headers: { Authorization: `Bearer ${KEY}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ identity_ids: ['user-1'] }),
  });
  expect(sent.status).toBe(204);
  await site.clock.advance(3000);
  await site.keycard.control({ personClaims: { iat } });
  expect((await browser.callback(url)).status).toBe(303);
  await site.keycard.control({ personClaims: {} });
  await site.clock.advance(6000);
  expect(await statusOf(new Browser(behind, { jar: browser.jar.copy() }))).toBe(401);
  await site.clock.advance(600_000);
  expect(await statusOf(browser)).toBe(401); // the refreshed token does not count either
}, 60_000);
