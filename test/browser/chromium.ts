/** Chromium as a person's device: a process of its own, which reaches the site through one isolate of the gate. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { HOST } from './site.ts';

const FOLDERS = (process.env.PATH ?? '').split(':').filter((folder) => folder !== '');
const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const STEP_TIMEOUT_MS = 20_000;

/** Refusals of the gate and of Kratos, which Chromium writes to its console: the pages expect them. */
const EXPECTED = /^Failed to load resource: the server responded with a status of 4\d\d/;

/** The browser's program, or `undefined` if none is installed. */
export const CHROMIUM = process.env.POSTERN_CHROMIUM ?? find(NAMES);
/** The program that makes the certificate of the site. */
export const OPENSSL = find(['openssl']);

/** A browser that many people use one after the other. */
export interface Device extends AsyncDisposable {
  /** Opens a window without cookies. */
  open(): Promise<Window>;
}

/** A window with cookies of its own. */
export interface Window extends AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors of scripts, and of what a Content-Security-Policy has stopped. */
  readonly complaints: readonly string[];
}

/** Starts Chromium. The site's host leads to this port of loopback, and `127.0.0.1` is itself; every other host is unknown. */
export async function startDevice(
  port: number,
  options: { readonly userAgent?: string } = {},
): Promise<Device> {
  const browser = await chromium.launch({
    ...(CHROMIUM !== undefined && { executablePath: CHROMIUM }),
    args: [
      `--host-resolver-rules=MAP ${HOST} 127.0.0.1:${port}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1`,
    ],
  });
  return {
    open: () => openWindow(browser, options),
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

async function openWindow(
  browser: Browser,
  options: { readonly userAgent?: string },
): Promise<Window> {
  // No system trusts the authority of the test.
  const context = await browser.newContext({ ...options, ignoreHTTPSErrors: true });
  context.setDefaultTimeout(STEP_TIMEOUT_MS);
  const complaints: string[] = [];
  context.on('weberror', (error) => complaints.push(error.error().message));
  context.on('console', (message) => {
    if (message.type() === 'error' && !EXPECTED.test(message.text()))
      complaints.push(message.text());
  });
  const page = await context.newPage();
  return { page, context, complaints, [Symbol.asyncDispose]: () => context.close() };
}

function find(names: readonly string[]): string | undefined {
  return FOLDERS.flatMap((folder) => names.map((name) => join(folder, name))).find(existsSync);
}
