/** Steps of a person on the site, each with what the person sees then. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Locator, Page, Response } from 'playwright-core';
import { expect } from 'vitest';
import { HOST, type Person } from './site.ts';

/** The one code that the stand-in's authenticator accepts. */
const AUTHENTICATOR_CODE = '000000';
/** The bound of docs/revocation.md. */
const BOUND_MS = 5000;
const PAUSE_MS = 200;

/** Waits until the page shows this text. */
export async function sees(page: Page, text: string | RegExp): Promise<void> {
  await page.getByText(text).waitFor();
}

export function pathOf(page: Page): string {
  const { protocol, host, pathname } = new URL(page.url());
  expect([protocol, host]).toEqual(['https:', HOST]);
  return pathname;
}

export async function openAccount(page: Page): Promise<void> {
  await page.goto(`https://${HOST}/account`);
}

/** Signs in from the account page, with the password and the second factor, and comes back to the account page. */
export async function signIn(page: Page, person: Person): Promise<void> {
  await openAccount(page);
  await givePassword(page, person);
  await sees(page, 'Please complete the second authentication challenge.');
  await openAccount(page);
  await giveCode(page, AUTHENTICATOR_CODE);
  await seesAccount(page, person);
}

export async function givePassword(
  page: Page,
  { email, password }: Pick<Person, 'email' | 'password'>,
): Promise<void> {
  await page.getByLabel('E-Mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in with password' }).click();
}

export async function giveCode(page: Page, code: string): Promise<void> {
  await page.getByLabel('Authentication code').fill(code);
  await page.getByRole('button', { name: 'Use Authenticator' }).click();
}

export async function seesAccount(page: Page, { id }: Person): Promise<void> {
  await sees(page, `Signed in as ${id}`);
  expect(pathOf(page)).toBe('/account');
}

/** Opens the account page, which ends at the sign-in page. */
export async function isSentToSignIn(page: Page): Promise<void> {
  await openAccount(page);
  await page.getByLabel('Password').waitFor();
  expect(pathOf(page)).toBe('/ui/login');
}

/** Sends a form with this button, and returns the time at which the browser had the answer. */
export async function send(page: Page, button: Locator): Promise<number> {
  const isForm = (response: Response) => response.request().method() === 'POST';
  await Promise.all([page.waitForResponse(isForm), button.click()]);
  return Date.now();
}

/** Reloads the account page until it ends at the sign-in page. Fails if it is served once the bound is over. */
export async function isSignedOutInTime(page: Page, endedAt: number): Promise<void> {
  for (;;) {
    const askedAt = Date.now();
    await openAccount(page);
    await page.locator('form, a[href="/ui/settings"]').first().waitFor();
    if (pathOf(page) === '/ui/login') return;
    expect(askedAt - endedAt, 'the account page is still served').toBeLessThan(BOUND_MS);
    await sleep(PAUSE_MS);
  }
}
