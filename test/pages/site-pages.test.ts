import { describe, expect, it } from 'vitest';
import type { Appearance, Asker } from '../../src/pages/page-models.ts';
import { SitePages } from '../../src/pages/site-pages.ts';

const NOW = Date.parse('2026-11-27T14:25:00Z');

function asker(headers: Record<string, string> = {}, more: Partial<Asker> = {}): Asker {
  return { method: 'GET', headers: new Headers(headers), ...more };
}

function pagesWith(appearance: Appearance = {}): SitePages {
  const reportBug = (error: unknown) => expect.fail(String(error));
  return new SitePages(appearance, { reportBug, now: () => NOW });
}

function unavailable(
  by: Asker,
  { appearance, retryAfter = '2' }: { appearance?: Appearance; retryAfter?: string } = {},
): Promise<Response> {
  const headers = new Headers({ 'retry-after': retryAfter });
  return pagesWith(appearance).showError({ reason: 'store_unavailable' }, by, {
    status: 503,
    headers,
  });
}

describe('a page', () => {
  it.each([
    ['en-US', 'en', 'ltr', 'Try again'],
    ['de-AT', 'de', 'ltr', 'Noch einmal versuchen'],
    ['pt', 'pt-BR', 'ltr', 'Tentar novamente'],
    ['zh-TW', 'zh-Hans', 'ltr', '重试'],
    ['ar', 'ar', 'rtl', 'إعادة المحاولة'],
  ])('is in the language that %j asks for', async (accepted, tag, direction, text) => {
    const page = await unavailable(asker({ 'accept-language': accepted }));
    const html = await page.text();
    expect(html).toContain(`<html lang="${tag}" dir="${direction}">`);
    expect(html).toContain(text);
    // RFC 9110 sections 8.5 and 12.5.5.
    expect(page.headers.get('content-language')).toBe(tag);
    expect(page.headers.get('vary')).toContain('Accept-Language');
  });

  it('is in the language of the site, if that is set', async () => {
    const appearance = { language: 'fr' } as const;
    const page = await unavailable(asker({ 'accept-language': 'de' }), { appearance });
    expect(await page.text()).toContain('<html lang="fr" dir="ltr">');
  });

  // The operator’s texts are English on every page.
  it('marks the English part of a page in another language', async () => {
    const page = await unavailable(asker({ 'accept-language': 'ar' }));
    expect(await page.text()).toContain('<div lang="en" dir="ltr"><p>The session could not');
  });

  // CLDR's forms: 2 is a dual in Arabic, and 1 is singular everywhere.
  it.each([
    ['en', '61', '61 seconds'],
    ['en', '120', '2 minutes'],
    ['de', '60', '60 Sekunden'],
    ['ar', '120', 'دقيقتان'],
    ['ja', '30', '30 秒'],
  ])('says in %s how long the wait of %s seconds is', async (language, retryAfter, text) => {
    const page = await unavailable(asker({ 'accept-language': language }), { retryAfter });
    expect(await page.text()).toContain(text);
    expect(page.headers.get('refresh')).toBe(retryAfter);
  });

  it('asks again by itself after 5 seconds at the earliest, and only for what may be repeated', async () => {
    expect((await unavailable(asker())).headers.get('refresh')).toBe('5');
    const sent = await unavailable(asker({}, { method: 'POST' }));
    expect(sent.headers.get('refresh')).toBeNull();
    expect(await sent.text()).not.toContain('by itself');
  });

  it.each([
    [{ timezone: 'Europe/Berlin' }, '15:25 CET'],
    [{ timezone: 'America/New_York' }, '09:25 GMT-5'],
    [{ timezone: 'Nowhere/Else' }, '14:25 UTC'],
    [{ timezone: 7 }, '14:25 UTC'],
    [undefined, '14:25 UTC'],
  ])('has the time in the zone of %j', async (cf, text) => {
    const html = await (await unavailable(asker({}, { cf }))).text();
    expect(html).toContain(
      `<time datetime="2026-11-27T14:25:00.000Z">27 November 2026 at ${text}</time>`,
    );
  });

  it('has the name, the logo, the colour and the support link of the site', async () => {
    const appearance = {
      name: 'Ada & Söhne <Shop>',
      logoUrl: 'https://cdn.example.com:8443/logo.svg?v="2',
      accent: '#ffcc00',
      supportUrl: 'mailto:help@example.com',
    };
    const page = await unavailable(asker(), { appearance });
    const html = await page.text();
    const name = 'Ada &amp; Söhne &lt;Shop&gt;';
    expect(html).toContain(`· ${name}</title>`);
    expect(html).toContain(
      `<img src="https://cdn.example.com:8443/logo.svg?v=&quot;2" alt="${name}">`,
    );
    expect(html).toContain('--accent: #ffcc00; --on-accent: #000');
    expect(html).toContain('<a href="mailto:help@example.com">Contact support</a>');
    const images = /img-src ([^;]*);/.exec(page.headers.get('content-security-policy') ?? '');
    expect(images?.[1]).toBe('https://cdn.example.com:8443');
  });

  it('is in the frame of the site’s own, with every part escaped once', async () => {
    const template =
      '<html lang="{{lang}}" dir="{{ dir }}"><title>{{title}}</title><b>{{site_name}}</b>{{content}}{{support}}<i>{{brand}}</i>';
    const appearance = {
      template,
      name: 'A & <B>',
      supportUrl: 'https://help.example.com/?a=1&b=2',
    };
    const page = await unavailable(asker({ 'accept-language': 'ar' }), { appearance });
    const html = await page.text();
    const parts =
      /^<html lang="ar" dir="rtl"><title>([^<]+)<\/title><b>([^<]+)<\/b><main>([\s\S]+)<\/main>(.+)<i>(.+)<\/i>$/.exec(
        html,
      ) ?? [];
    expect(parts[1]).toMatch(/ · A &amp; &lt;B&gt;$/);
    expect(parts[2]).toBe('A &amp; &lt;B&gt;');
    expect(parts[3]).toContain('<code>store_unavailable</code>');
    expect(parts[4]).toContain('<a href="https://help.example.com/?a=1&amp;b=2">');
    expect(parts[5]).toBe('<p dir="auto">A &amp; &lt;B&gt;</p>');
    // The site's frame runs no script either.
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src/);
  });

  it('reads no placeholder from a value', async () => {
    const appearance = { template: '{{title}}|{{content}}', name: '{{content}} $& {{style}}' };
    const html = await (await unavailable(asker(), { appearance })).text();
    expect(html).toContain(' · {{content}} $&amp; {{style}}|<main>');
  });

  it('loads nothing without a logo', async () => {
    const page = await unavailable(asker(), { appearance: { name: 'Shop' } });
    expect(page.headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(await page.text()).not.toMatch(/<img|<script|<link|<iframe|url\(|@import/);
  });
});

describe('the page of a denial', () => {
  const denied = { status: 403, headers: new Headers() };

  it('names the account, and offers another one', async () => {
    const page = await pagesWith().showError(
      { reason: 'condition_not_met', account: '<a@example.com>', otherAccountUrl: '/out' },
      asker(),
      denied,
    );
    const html = await page.text();
    expect(html).toContain('signed in as <bdi>&lt;a@example.com&gt;</bdi>, but');
    expect(html).toContain('<a class="action" href="/out">Use another account</a>');
    expect(html).toContain('<a class="action second" href="/">Go to the start page</a>');
  });

  it('names no account that it does not know', async () => {
    const page = await pagesWith().showError({ reason: 'insufficient_scope' }, asker(), denied);
    const html = await page.text();
    expect(html).toContain('You are signed in, but this account can’t open this page.');
    expect(html).not.toContain('{account}');
  });
});

describe('two sessions that look alike', () => {
  it('have different names', async () => {
    const document = { authenticated_at: '2026-11-02T03:04:00Z' };
    const others = ['a', 'b', 'c'].map((id) => ({ id, document }));
    const page = await pagesWith().show(
      'sessions',
      {
        account: undefined,
        canSignOut: false,
        current: { id: 'me', document },
        isCurrentKnown: true,
        endsTokens: false,
        others,
        isCut: false,
        formToken: 't',
        ended: '',
      },
      asker(),
      { status: 200, headers: new Headers() },
    );
    const html = await page.text();
    const names = [...html.matchAll(/aria-label="([^"]+)"/g)].map(([, name]) => name);
    expect(names).toHaveLength(4);
    expect(new Set(names).size).toBe(4);
    expect(html).toContain('role="status"');
  });
});
