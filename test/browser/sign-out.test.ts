/** `/.postern/sign-out` and the sessions page, used by a person with Chromium. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cookie } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestIssuer } from '../support/token-issuer.ts';
import { CHROMIUM, type Device, OPENSSL, startDevice, type Window } from './chromium.ts';
import { createPerson, HOST, type Person, readSessions, type Site, startSite } from './site.ts';
import * as steps from './steps.ts';

const TEST_TIMEOUT_MS = 90_000;
const SIGN_OUT = `https://${HOST}/.postern/sign-out`;
const SESSIONS = `https://${HOST}/.postern/sessions`;
const TOKEN = 'app_token';

const canRun = CHROMIUM !== undefined && OPENSSL !== undefined;
const title = canRun
  ? 'a person who signs out with Chromium'
  : 'skipped: Chromium or openssl is not installed (apt-get install chromium openssl; POSTERN_CHROMIUM names another Chromium)';

describe.skipIf(!canRun)(title, { timeout: TEST_TIMEOUT_MS }, () => {
  let site: Site;
  let devices: readonly [Device, Device] | undefined;
  let laptop: Window;
  let phone: Window;
  let person: Person;
  let issuer: Awaited<ReturnType<typeof createTestIssuer>>;

  beforeAll(async () => {
    issuer = await createTestIssuer();
    site = await startSite({ TOKEN_COOKIE_NAMES: [TOKEN], ISSUERS: [issuer.settings] });
    const [one, other] = site.edges;
    devices = [await startDevice(one.port), await startDevice(other.port)];
  });
  beforeEach(async () => {
    if (devices === undefined) throw new Error('no browser was started');
    [laptop, phone] = [await devices[0].open(), await devices[1].open()];
    person = await createPerson(site.gate);
  });
  afterEach(async () => {
    const windows = [laptop, phone];
    for (const window of windows) await window[Symbol.asyncDispose]();
    const complaints = windows.flatMap((window) => window.complaints);
    expect(complaints.filter((line) => !line.includes('a status of 503'))).toEqual([]);
    expect(await site.gate.bugs()).toEqual([]);
  });
  afterAll(async () => {
    for (const device of devices ?? []) await device[Symbol.asyncDispose]();
    await site?.[Symbol.asyncDispose]();
  });

  const isActive = async () => (await readSessions(site.gate, person)).map(({ active }) => active);
  const namesOf = (cookies: readonly Cookie[]) => cookies.map(({ name }) => name);

  it('ends the session of this browser, goes on to return_to, and has nothing to go back to', async () => {
    const { page, context } = laptop;
    await steps.signIn(phone.page, person);
    await steps.signIn(page, person);
    const copied = await context.cookies();
    await page.goto(`${SIGN_OUT}?return_to=/ui/welcome`);
    await steps.sees(page, `You are signed in as ${person.email}.`);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Welcome' }).waitFor();
    expect(steps.pathOf(page)).toBe('/ui/welcome');
    expect(namesOf(await context.cookies())).not.toContain('ory_kratos_session');
    expect(await isActive()).toEqual([false, true]);
    await steps.isSentToSignIn(page);
    await context.addCookies(copied);
    await steps.isSentToSignIn(page);
    await steps.openAccount(phone.page);
    await steps.seesAccount(phone.page, person);
  });

  it('stays signed in while the browser fetches the link ahead', async () => {
    const { page } = laptop;
    await steps.signIn(page, person);
    await page.evaluate(`
      document.head.append(Object.assign(document.createElement('link'), { rel: 'prefetch', href: '/.postern/sign-out' }))`);
    for (let tries = 0; !(await isFetched()); tries += 1) {
      expect(tries, 'the browser fetches nothing').toBeLessThan(50);
      await sleep(200);
    }
    await steps.openAccount(page);
    await steps.seesAccount(page, person);
    expect(await isActive()).toEqual([true]);
  });

  /** Whether the gate has answered a GET for the page, and nothing else. */
  async function isFetched(): Promise<boolean> {
    const lines = (await site.gate.logs()).filter((line) => line.includes('"route":"sign-out"'));
    return lines.at(-1)?.includes('"method":"GET"') ?? false;
  }

  it('ends a token, and its cookies of the host and of the domain above it', async () => {
    const { page, context } = laptop;
    const [sub, sid] = [person.id, crypto.randomUUID()];
    const value = await issuer.token(site.gate.clock.now(), {
      claims: { sub, sid, jti: crypto.randomUUID() },
    });
    const cookie = { name: TOKEN, value, path: '/', secure: true, httpOnly: true };
    const [, parent = ''] = /\.(.*)$/.exec(HOST) ?? [];
    await context.addCookies([
      { ...cookie, domain: `.${parent}` },
      { name: TOKEN, value, url: `https://${HOST}`, secure: true, httpOnly: true },
    ]);
    await steps.openAccount(page);
    await steps.seesAccount(page, person);
    const copied = await context.cookies();
    expect(copied).toHaveLength(2);
    await page.goto(SIGN_OUT);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('status').getByText('You are signed out of this site').waitFor();
    expect(namesOf(await context.cookies())).not.toContain(TOKEN);
    await context.addCookies(copied);
    await steps.isSentToSignIn(page);
  });

  it('is told that the sign-out failed, and tries again', async () => {
    const { page } = laptop;
    await steps.signIn(page, person);
    await page.goto(SIGN_OUT);
    await site.gate.kratos.control({
      answers: { 'GET /self-service/logout/browser': { status: 500 } },
    });
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'You may still be signed in' }).waitFor();
    await site.gate.kratos.control({ answers: {} });
    await page.getByRole('link', { name: 'Try again' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
    expect(await isActive()).toEqual([false]);
  });

  it('hears which session was ended, and signs out on the page of sessions with the keyboard', async () => {
    const { page } = laptop;
    await steps.signIn(phone.page, person);
    await steps.signIn(page, person);
    await page.goto(SESSIONS);
    await steps.sees(page, `You are signed in as ${person.email}.`);
    const button = page.getByRole('button', { name: /^End the session: / });
    const label = ((await button.getAttribute('aria-label')) ?? '').replace(
      'End the session: ',
      '',
    );
    await button.click();
    await page.getByRole('status').getByText(`Ended: ${label}`).waitFor();
    expect(await isActive()).toEqual([true, false]);
    await page.reload();
    await steps.sees(page, 'You are signed in nowhere else.');
    await page.getByRole('button', { name: 'Sign out' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
    expect(await isActive()).toEqual([false, false]);
    await page.getByRole('link', { name: 'Go to the start page' }).click();
    await page.getByLabel('Password').waitFor();
  });
});
