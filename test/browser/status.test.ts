import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority, createCertificate } from '../support/certificates.ts';
import { get } from '../support/raw-http.ts';
import { type RunningGate, startGate } from '../support/start-gate.ts';
import { type GateEdge, startGateEdge } from '../support/tls-ends.ts';
import { violationsOn } from './axe.ts';
import { CHROMIUM, type Device, OPENSSL, startDevice } from './chromium.ts';
import { HOST } from './site.ts';
import { pathOf, sees } from './steps.ts';

const SECRET = 'an-admin-secret-of-thirty-two-characters-or-more';
const PATH = '/.postern/status';
const COOKIE = '__Host-postern-status';
const TEST_TIMEOUT_MS = 90_000;

const canRun = CHROMIUM !== undefined && OPENSSL !== undefined;
const title = canRun
  ? 'an operator with Chromium, on the status page'
  : 'skipped: Chromium or openssl is not installed (apt-get install chromium openssl; POSTERN_CHROMIUM names another Chromium)';

/** Looks at the page in both colour schemes, on a phone and on a desktop. */
async function violationsInAllForms(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const width of [360, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      found.push(...(await violationsOn(page)));
      const overflow =
        'document.documentElement.scrollWidth - document.documentElement.clientWidth';
      if (((await page.evaluate(overflow)) as number) > 0) found.push(`wider than ${width} px`);
    }
  }
  return found;
}

describe.skipIf(!canRun)(title, { timeout: TEST_TIMEOUT_MS }, () => {
  let gate: RunningGate;
  let folder: string;
  let edge: GateEdge;
  let device: Device;

  beforeAll(async () => {
    gate = await startGate({ isolates: 2, vars: { ADMIN_SECRETS: [SECRET] } });
    folder = mkdtempSync(join(tmpdir(), 'postern-browser-'));
    const good = createCertificate(folder, createAuthority(folder, 'authority'), [HOST]);
    edge = await startGateEdge(0, { gatePort: gate.port, names: [HOST], good });
    device = await startDevice(edge.port);
  });
  afterAll(async () => {
    for (const one of [device, edge]) await one?.[Symbol.asyncDispose]();
    await gate?.dispose();
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  it('gives the secret, reads the figures, and is asked again after ten minutes', async () => {
    const { token } = await gate.kratos.createSession();
    for (const { port } of gate.gates) {
      await get(port, '/sessions/whoami', { 'X-Session-Token': token });
    }
    await using window = await device.open();
    const { page, context, complaints } = window;
    await page.goto(`https://${HOST}${PATH}`);
    await sees(page, 'It is for operators.');
    expect(await violationsInAllForms(page)).toEqual([]);

    await page.evaluate("document.querySelector('label').remove()");
    expect(await violationsOn(page)).toEqual(['label: #secret']); // control: axe finds one
    await page.reload();

    await page.getByLabel('Admin secret').fill('something else');
    await page.getByRole('button', { name: 'Show the status' }).click();
    await sees(page, 'That is none of this site’s admin secrets.');
    expect(await violationsInAllForms(page)).toEqual([]);
    expect(await context.cookies()).toEqual([]);

    await page.getByLabel('Admin secret').fill(SECRET);
    await page.keyboard.press('Enter');
    await sees(page, 'Where sessions came from');
    expect(pathOf(page)).toBe(PATH);
    await sees(page, 'These are the last sums of 2 isolates.');
    expect(await violationsInAllForms(page)).toEqual([]);
    const [cookie] = await context.cookies(`https://${HOST}`);
    expect(cookie).toMatchObject({
      name: COOKIE,
      domain: HOST,
      path: '/',
      secure: true,
      httpOnly: true,
      sameSite: 'Strict',
    });
    expect(JSON.stringify(await context.cookies())).not.toContain(SECRET);
    expect(await page.content()).not.toContain(SECRET);

    await page.reload();
    await sees(page, 'Where sessions came from');
    await gate.clock.advance(601_000);
    await page.reload();
    await sees(page, 'It is for operators.');
    expect(complaints).toEqual([]);
    expect((await gate.logs()).join('\n')).not.toContain(SECRET);
  });
});
