import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority, createCertificate } from '../support/certificates.ts';
import { type RunningGate, startGate } from '../support/start-gate.ts';
import { type GateEdge, startGateEdge } from '../support/tls-ends.ts';
import { violationsOn } from './axe.ts';
import { CHROMIUM, type Device, OPENSSL, startDevice } from './chromium.ts';
import { HOST } from './site.ts';
import { sees } from './steps.ts';

const TEST_TIMEOUT_MS = 90_000;
/** WCAG 2.2, 1.4.10 (reflow). */
const NARROWEST_PX = 320;
/** A dark colour, and a light one that needs black text. */
const ACCENTS = ['#0f766e', '#ffcc00'] as const;
const LANGUAGES = [
  { code: 'en', dir: 'ltr', at: 0 },
  { code: 'de', dir: 'ltr', at: 1 },
  { code: 'ar', dir: 'rtl', at: 0 },
] as const;

const canRun = CHROMIUM !== undefined && OPENSSL !== undefined;
const title = canRun
  ? 'a person with Chromium, on the pages of the gate'
  : 'skipped: Chromium or openssl is not installed (apt-get install chromium openssl; POSTERN_CHROMIUM names another Chromium)';

describe.skipIf(!canRun)(title, { timeout: TEST_TIMEOUT_MS }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-browser-'));
  const started: AsyncDisposable[] = [];
  const gates: RunningGate[] = [];
  const devices: Device[] = [];

  beforeAll(async () => {
    const good = createCertificate(folder, createAuthority(folder, 'authority'), [HOST]);
    for (const SITE_ACCENT_COLOR of ACCENTS) {
      const gate = await startGate({
        vars: {
          RULES: [
            { path: '/staff', session: 'required', allow: 'false' },
            { path: '/strict', session: 'required', freshness: 'strict' },
          ],
          SITE_NAME: 'Nordlicht',
          SITE_ACCENT_COLOR,
          SITE_SUPPORT_URL: 'mailto:help@example.com',
        },
      });
      gates.push(gate);
      const edge: GateEdge = await startGateEdge(0, { gatePort: gate.port, names: [HOST], good });
      const device = await startDevice(edge.port);
      devices.push(device);
      started.push(device, edge, gate);
    }
  });
  afterAll(async () => {
    for (const one of started) await one[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  /** Signs a person in on three devices, two of which look alike, and opens a window with the first session. */
  async function openSignedIn(at: number, locale: string) {
    const gate = gates[at];
    const device = devices[at];
    if (gate === undefined || device === undefined) throw new Error('no gate was started');
    const sessions = [];
    for (let count = 0; count < 3; count += 1) {
      sessions.push(
        await gate.kratos.createSession({ identityId: IDENTITY, traits: { email: EMAIL } }),
      );
    }
    const window = await device.open();
    const [, name = '', value = ''] = /^([^=]+)=(.*)$/.exec(sessions[0]?.cookie ?? '') ?? [];
    await window.context.addCookies([
      { name, value, domain: HOST, path: '/', secure: true, httpOnly: true },
    ]);
    await window.context.setExtraHTTPHeaders({ 'accept-language': locale });
    return { gate, ...window };
  }

  const IDENTITY = '6f1c2f8e-1111-4222-8333-444455556666';
  const EMAIL = 'ada.lovelace.with-a-long-address@a-long-name-of-a-company.example.com';
  const PAGES = [
    '/a//b',
    '/.postern/nothing',
    '/staff',
    '/.postern/sessions',
    '/.postern/sign-out',
  ];

  /** Looks at a page in both colour schemes and in forced colours, on a phone and on a desktop. */
  async function flawsOf(page: Page): Promise<string[]> {
    const found: string[] = [];
    for (const media of [
      { colorScheme: 'light', forcedColors: 'none' },
      { colorScheme: 'dark', forcedColors: 'none' },
      { colorScheme: 'dark', forcedColors: 'active' },
    ] as const) {
      await page.emulateMedia(media);
      for (const width of [NARROWEST_PX, 1280]) {
        await page.setViewportSize({ width, height: 800 });
        const look = `${media.colorScheme}, forced colours ${media.forcedColors}, ${width} px`;
        const violations = await violationsOn(page);
        found.push(...violations.map((violation) => `${look}: ${violation}`));
        const overflow = await page.evaluate(
          'document.documentElement.scrollWidth > document.documentElement.clientWidth',
        );
        if (overflow) found.push(`${look}: has to be scrolled sideways`);
      }
    }
    return found;
  }

  it.each(LANGUAGES)(
    'finds nothing to complain of in $code with the accent number $at',
    async ({ code, dir, at }) => {
      const { page, complaints, ...window } = await openSignedIn(at, code);
      for (const path of PAGES) {
        await page.goto(`https://${HOST}${path}`);
        expect(await page.locator('html').getAttribute('lang')).toBe(code);
        expect(await page.locator('html').getAttribute('dir')).toBe(dir);
        await sees(page, 'Nordlicht');
        const details = page.locator('summary');
        if ((await details.count()) > 0) await details.click();
        expect([path, await flawsOf(page)]).toEqual([path, []]);
      }
      expect(complaints).toEqual([]);
      await window[Symbol.asyncDispose]();
    },
  );

  it('keeps the edges of buttons in forced colours', async () => {
    const { page, ...window } = await openSignedIn(0, 'en');
    await page.emulateMedia({ forcedColors: 'active' });
    await page.goto(`https://${HOST}/staff`);
    const edges = (await page.evaluate(`[...document.querySelectorAll('.action')].map((button) => {
      const { borderTopWidth, borderTopStyle, borderTopColor, backgroundColor } = getComputedStyle(button);
      return { borderTopWidth, borderTopStyle, isSeen: borderTopColor !== backgroundColor };
    })`)) as unknown[]; // of the script above
    const edge = { borderTopWidth: '1px', borderTopStyle: 'solid', isSeen: true };
    expect(edges).toEqual([edge, edge]);
    await window[Symbol.asyncDispose]();
  });

  it('reaches everything by the keyboard, in the order of the page', async () => {
    const { page, ...window } = await openSignedIn(0, 'en');
    await page.goto(`https://${HOST}/staff`);
    const focused = async () => {
      await page.keyboard.press('Tab');
      return page.evaluate(
        `({ text: document.activeElement.textContent, outline: getComputedStyle(document.activeElement).outlineStyle })`,
      );
    };
    for (const text of [
      'Use another account',
      'Go to the start page',
      'Details',
      'Contact support',
    ]) {
      expect(await focused()).toEqual({ text, outline: 'solid' });
      if (text !== 'Details') continue;
      await page.keyboard.press('Enter');
      await page.getByText('condition_not_met').waitFor();
    }
    await window[Symbol.asyncDispose]();
  });

  it('names each session apart, and announces which one was ended', async () => {
    const { page, ...window } = await openSignedIn(0, 'en');
    await page.goto(`https://${HOST}/.postern/sessions`);
    const names = () =>
      page
        .getByRole('button')
        .evaluateAll((buttons) => buttons.map((button) => button.getAttribute('aria-label') ?? ''));
    const before = await names();
    expect(before.length).toBeGreaterThan(3);
    expect(new Set(before).size).toBe(before.length);
    await page
      .getByRole('button', { name: /^End the session/ })
      .first()
      .press('Enter');
    await page.getByRole('status').waitFor();
    expect(await page.getByRole('status').textContent()).toMatch(/^Ended: /);
    await window[Symbol.asyncDispose]();
  });

  it('is asked again when the wait is over, and comes to the page', async () => {
    const { gate, page, ...window } = await openSignedIn(0, 'en');
    await gate.kratos.control({ whoami: { status: 503 } });
    const url = `https://${HOST}/strict`;
    await page.goto(url);
    await page.getByRole('heading', { name: 'Your sign-in can’t be checked right now' }).waitFor();
    await page.evaluate('stop()'); // otherwise the page is asked again while it is looked at
    expect(await flawsOf(page)).toEqual([]);

    await page.getByRole('link', { name: 'Try again' }).click();
    await sees(page, 'This page tries again by itself in 5 seconds.');
    await gate.kratos.reset();
    await sees(page, 'This is the site behind the gate.');
    await window[Symbol.asyncDispose]();
  });
});
