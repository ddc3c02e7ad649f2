import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SIGN_OUT, type SignInSite, startSignInSite } from '../gateway/sign-in-site.ts';
import { createAuthority, createCertificate } from '../support/certificates.ts';
import { type GateEdge, startGateEdge } from '../support/tls-ends.ts';
import { CHROMIUM, type Device, OPENSSL, startDevice } from './chromium.ts';
import { HOST } from './site.ts';
import { pathOf, sees } from './steps.ts';

const TEST_TIMEOUT_MS = 90_000;
const TTL_SECONDS = 600;
/** The bound of docs/revocation.md, and the second in which it is measured. */
const BOUND_SECONDS = 6;
const COOKIE = '__Host-postern-sign-in';
const ACCOUNT = `https://${HOST}/account?tab=1`;

const canRun = CHROMIUM !== undefined && OPENSSL !== undefined;
const title = canRun
  ? 'a person with Chromium, at a site whose people sign in at a Keycard zone'
  : 'skipped: Chromium or openssl is not installed (apt-get install chromium openssl; POSTERN_CHROMIUM names another Chromium)';

describe.skipIf(!canRun)(title, { timeout: TEST_TIMEOUT_MS }, () => {
  let site: SignInSite;
  let folder: string;
  let edges: readonly [GateEdge, GateEdge];
  let devices: readonly [Device, Device];

  beforeAll(async () => {
    site = await startSignInSite({}, { isolates: 2 });
    await site.keycard.control({ ttlSeconds: TTL_SECONDS });
    folder = mkdtempSync(join(tmpdir(), 'postern-browser-'));
    const good = createCertificate(folder, createAuthority(folder, 'authority'), [HOST]);
    const edgeOf = (index: number) =>
      startGateEdge(0, { gatePort: site.isolate(index).port, names: [HOST], good });
    edges = [await edgeOf(0), await edgeOf(1)];
    devices = [await startDevice(edges[0].port), await startDevice(edges[1].port)];
  });
  afterAll(async () => {
    for (const one of [...(devices ?? []), ...(edges ?? [])]) await one[Symbol.asyncDispose]();
    await site?.dispose();
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  it('signs in from a gated page, is refreshed, and signs out with every copy of the cookies', async () => {
    const [laptop, thief] = [await devices[0].open(), await devices[1].open()];
    const { page, context } = laptop;
    const cookie = async () =>
      (await context.cookies(`https://${HOST}`)).find(({ name }) => name === COOKIE);

    await page.goto(ACCOUNT);
    await sees(page, 'This is the site behind the gate.');
    expect([pathOf(page), new URL(page.url()).search]).toEqual(['/account', '?tab=1']);
    await sees(page, 'user-1');
    const first = await cookie();
    expect(first).toMatchObject({
      domain: HOST,
      path: '/',
      secure: true,
      httpOnly: true,
      sameSite: 'Lax',
      expires: -1,
    });
    expect(await page.evaluate('document.cookie')).toBe('');

    await site.clock.advance((TTL_SECONDS + 5) * 1000);
    await page.reload();
    await sees(page, 'user-1');
    const second = await cookie();
    expect(second?.value).not.toBe(first?.value);
    expect((await site.keycard.calls()).counts['POST /oauth/2/token']).toBe(2);

    await thief.context.addCookies(await context.cookies(`https://${HOST}`));
    await thief.page.goto(ACCOUNT);
    await sees(thief.page, 'user-1');

    await page.goto(`https://${HOST}${SIGN_OUT}`);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`https://${HOST}${SIGN_OUT}`);
    await page.getByRole('link', { name: 'Go to the start page' }).waitFor();
    expect(await cookie()).toBeUndefined();
    const { counts } = await site.keycard.calls();
    expect([counts['POST /oauth/2/revoke'], counts['GET /oauth/2/logout']]).toEqual([1, 1]);

    // The zone signs nobody in any more, so a browser that is sent there comes back without a session.
    await site.keycard.control({ authorizationError: 'access_denied' });
    await site.clock.advance(BOUND_SECONDS * 1000);
    for (const one of [thief.page, page]) {
      await one.goto(ACCOUNT);
      await one.getByRole('heading', { name: 'You are not signed in' }).waitFor();
      expect(pathOf(one)).toBe('/.postern/sign-in/callback');
    }
    expect([...laptop.complaints, ...thief.complaints]).toEqual([]);
    expect(await site.bugs()).toEqual([]);
    for (const window of [laptop, thief]) await window[Symbol.asyncDispose]();
  });
});
