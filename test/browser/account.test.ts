import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CHROMIUM, type Device, OPENSSL, startDevice, type Window } from './chromium.ts';
import { createPerson, HOST, type Person, readSessions, type Site, startSite } from './site.ts';
import * as steps from './steps.ts';

const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1';
/** Leaves a step that waits in vain the time to say so. */
const TEST_TIMEOUT_MS = 90_000;
const ACTIVE = { active: true, aal: 'aal2' };
const ENDED = { active: false, aal: 'aal2' };

const canRun = CHROMIUM !== undefined && OPENSSL !== undefined;
const title = canRun
  ? 'a person with Chromium, on the pages of docs/sign-in-pages.md'
  : 'skipped: Chromium or openssl is not installed (apt-get install chromium openssl; POSTERN_CHROMIUM names another Chromium)';

describe.skipIf(!canRun)(title, { timeout: TEST_TIMEOUT_MS }, () => {
  let site: Site;
  let devices: readonly [Device, Device] | undefined;
  let laptop: Window;
  let phone: Window;
  let person: Person;

  beforeAll(async () => {
    site = await startSite();
    const [one, other] = site.edges;
    devices = [await startDevice(one.port), await startDevice(other.port, { userAgent: IPHONE })];
  });
  beforeEach(async () => {
    if (devices === undefined) throw new Error('no browser was started');
    [laptop, phone] = [await devices[0].open(), await devices[1].open()];
    person = await createPerson(site.gate);
  });
  afterEach(async () => {
    const windows = [laptop, phone];
    for (const window of windows) await window[Symbol.asyncDispose]();
    expect(windows.flatMap(({ complaints }) => complaints)).toEqual([]);
    expect(await site.gate.bugs()).toEqual([]);
  });
  afterAll(async () => {
    for (const device of devices ?? []) await device[Symbol.asyncDispose]();
    await site?.[Symbol.asyncDispose]();
  });

  const sessions = async () =>
    (await readSessions(site.gate, person)).map(({ active, aal }) => ({ active, aal }));

  /** The phone comes last: a sign-in makes isolates check the person's older sessions again, at any time within the bound. */
  const signInTwice = async () => {
    await steps.signIn(laptop.page, person);
    await steps.signIn(phone.page, person);
    await steps.openAccount(phone.page);
    await steps.seesAccount(phone.page, person);
  };

  it('signs in with the password, and steps up with the authenticator', async () => {
    const { page, context } = laptop;
    await steps.isSentToSignIn(page);
    await steps.givePassword(page, { ...person, password: 'a wrong password' });
    await steps.sees(page, 'The provided credentials are invalid');
    expect(await sessions()).toEqual([]);

    await steps.givePassword(page, person);
    await steps.sees(page, 'Please complete the second authentication challenge.');
    expect(await sessions()).toEqual([{ active: true, aal: 'aal1' }]);

    await steps.openAccount(page);
    expect(steps.pathOf(page)).toBe('/ui/login');
    await steps.giveCode(page, '123456');
    await steps.sees(page, 'The provided authentication code is invalid, please try again.');
    expect(await sessions()).toEqual([{ active: true, aal: 'aal1' }]);
    await steps.openAccount(page);
    expect(steps.pathOf(page)).toBe('/ui/login');

    await steps.giveCode(page, '000000');
    await steps.seesAccount(page, person);
    expect(await sessions()).toEqual([ACTIVE]);
    const cookies = await context.cookies(`https://${HOST}`);
    const cookie = cookies.find(({ name }) => name === 'ory_kratos_session');
    expect(cookie).toMatchObject({ domain: HOST, secure: true, httpOnly: true, sameSite: 'Lax' });
  });

  it('changes the password, and is signed out on the other device', async () => {
    await signInTwice();

    await laptop.page.getByRole('link', { name: 'Settings' }).click();
    await laptop.page.getByLabel('Password').fill('a password from now on');
    const form = laptop.page.locator('form').filter({ has: laptop.page.getByLabel('Password') });
    const endedAt = await steps.send(laptop.page, form.getByRole('button', { name: 'Save' }));
    await steps.sees(laptop.page, 'Your changes have been saved!');

    await steps.isSignedOutInTime(phone.page, endedAt);
    expect(await sessions()).toEqual([ENDED, ACTIVE]);
    await steps.openAccount(laptop.page);
    await steps.seesAccount(laptop.page, person);

    await steps.givePassword(phone.page, person);
    await steps.sees(phone.page, 'The provided credentials are invalid');
    await steps.signIn(phone.page, { ...person, password: 'a password from now on' });
  });

  it('ends the session of the other device on the page of sessions', async () => {
    await signInTwice();

    await laptop.page.getByRole('link', { name: 'Your sessions' }).click();
    await steps.sees(laptop.page, 'Chrome on Linux');
    await steps.sees(laptop.page, 'Safari on iPhone');
    const button = laptop.page.getByRole('button', { name: 'End the session: Safari on iPhone' });
    const endedAt = await steps.send(laptop.page, button);
    await steps.sees(laptop.page, 'You are signed in nowhere else.');
    expect(steps.pathOf(laptop.page)).toBe('/.postern/sessions');

    await steps.isSignedOutInTime(phone.page, endedAt);
    expect(await sessions()).toEqual([ENDED, ACTIVE]);
    await steps.openAccount(laptop.page);
    await steps.seesAccount(laptop.page, person);
  });

  it('signs out, on this device alone', async () => {
    await steps.signIn(phone.page, person);
    await steps.signIn(laptop.page, person);
    const copied = await laptop.context.cookies();

    await laptop.page.getByRole('link', { name: 'Settings' }).click();
    await laptop.page.getByRole('link', { name: 'Sign out' }).click();
    await laptop.page.getByLabel('Password').waitFor();
    expect(steps.pathOf(laptop.page)).toBe('/ui/login');
    expect(await sessions()).toEqual([ENDED, ACTIVE]);
    await steps.isSentToSignIn(laptop.page);
    await laptop.context.addCookies(copied);
    await steps.isSentToSignIn(laptop.page);

    await steps.openAccount(phone.page);
    await steps.seesAccount(phone.page, person);
  });
});
