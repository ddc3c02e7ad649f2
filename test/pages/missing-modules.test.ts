import { beforeEach, expect, it, vi } from 'vitest';
import { loadTexts } from '../../src/pages/load-texts.ts';
import { SitePages } from '../../src/pages/site-pages.ts';

// As in a deployment whose wrangler.toml does not upload these modules.
vi.mock('../../src/pages/render-page.ts', () => {
  throw new Error('No such module "render-page.js".');
});
vi.mock('../../src/pages/languages.ts', () => {
  throw new Error('No such module "languages.js".');
});

const bugs: string[] = [];
const reportBug = (error: unknown) => void bugs.push(String(error));
beforeEach(() => void bugs.splice(0));

it('without the module of the pages, a person gets the error as bare text, and the log says why', async () => {
  const pages = new SitePages({}, { reportBug, now: () => 0 });
  const headers = new Headers({ 'retry-after': '2', 'content-type': 'application/json' });
  const asker = { method: 'GET', headers: new Headers() };
  const page = await pages.showError({ reason: 'store_unavailable' }, asker, {
    status: 503,
    headers,
  });
  expect([page.status, page.headers.get('content-type'), page.headers.get('retry-after')]).toEqual([
    503,
    'text/html; charset=utf-8',
    '2',
  ]);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(await page.text()).toMatch(
    /^<!doctype html><html lang="en"><title>The session could not be checked\.<\/title>.*store_unavailable/,
  );
  expect(bugs).toEqual([expect.stringContaining('Deploy render-page.js beside worker.js')]);
});

it('without the module of the languages, the pages are in English, and the log says why', async () => {
  const { language, texts } = await loadTexts('ar', reportBug);
  expect([language.tag, language.direction, texts.tryAgain]).toEqual(['en', 'ltr', 'Try again']);
  expect(bugs).toEqual([expect.stringContaining('Deploy languages.js beside worker.js')]);
});
