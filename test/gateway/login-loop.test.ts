import { describe, expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { get, header, headerValues, request } from '../support/raw-http.ts';

const PAGE = { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };
const DEAD = 'ory_kratos_session=MTc2NTAwMDAwMHxkZWFkLXNlc3Npb24';

const gate = await gateForAllTests({
  vars: { RULES: [{ path: '/strong', session: 'required', aal: 'aal2' }] },
});

/** A browser's cookie jar, as far as these tests need one. */
class Browser {
  readonly #cookies = new Map<string, string>();

  keep(cookie: string): void {
    const [name = '', value = ''] = cookie.split(/=(.*)/s);
    this.#cookies.set(name, value);
  }

  async load(path: string, headers: Readonly<Record<string, string>> = PAGE, method = 'GET') {
    const Cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await request(gate.port, {
      method,
      target: path,
      headers: { ...headers, ...(Cookie !== '' && { Cookie }) },
    });
    for (const cookie of headerValues(answer, 'set-cookie'))
      this.keep(cookie.split(';', 1)[0] ?? '');
    return answer;
  }

  async statuses(count: number, path = '/page', headers?: Readonly<Record<string, string>>) {
    const statuses: number[] = [];
    for (let load = 0; load < count; load += 1)
      statuses.push((await this.load(path, headers)).status);
    return statuses;
  }
}

describe('requests that are no round trip of a sign-in', () => {
  it.each([
    ['without a session', undefined],
    ['with a session that has ended', DEAD],
  ])('W13: three tabs of one page %s are each sent to sign in', async (_, cookie) => {
    const browser = new Browser();
    if (cookie !== undefined) browser.keep(cookie);
    expect(await browser.statuses(3)).toEqual([302, 302, 302]);
  });

  it('W13: tabs that open one after another for a minute are each sent to sign in', async () => {
    const browser = new Browser();
    browser.keep(DEAD);
    for (let tab = 0; tab < 8; tab += 1) {
      expect((await browser.load('/page')).status).toBe(302);
      await gate.clock.advance(7000);
    }
  });

  it('W13: a cookie that disappears is no sign-in', async () => {
    const browser = new Browser();
    browser.keep(DEAD);
    await browser.load('/page');
    browser.keep('ory_kratos_session=');
    await gate.clock.advance(6000);
    expect((await browser.load('/page')).status).toBe(302);
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ['a prefetch', { ...PAGE, 'Sec-Purpose': 'prefetch' }],
    ['a prerender', { ...PAGE, 'Sec-Purpose': 'prefetch;prerender' }],
    ['a prefetch of an older browser', { ...PAGE, Purpose: 'prefetch' }],
    ['a prefetch of Firefox', { ...PAGE, 'X-Moz': 'prefetch' }],
    ['a frame', { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'iframe' }],
  ])('W13: %s is not counted', async (_, headers) => {
    const browser = new Browser();
    browser.keep(DEAD);
    expect(new Set(await browser.statuses(12, '/page', headers))).toEqual(new Set([302]));
    expect((await browser.load('/page')).status).toBe(302);
  });

  it('W13: an image or a call of a script is not counted', async () => {
    const browser = new Browser();
    for (const destination of ['image', 'empty', 'style', 'script']) {
      const headers = { 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': destination };
      const answer = await browser.load('/page', headers);
      expect([answer.status, header(answer, 'set-cookie')]).toEqual([401, undefined]);
    }
    expect(await browser.statuses(3)).toEqual([302, 302, 302]);
  });
});

describe('round trips of a sign-in', () => {
  it('W13: the third one with a new, refused credential gets a page with the cause', async () => {
    const browser = new Browser();
    const statuses: number[] = [];
    for (const session of ['A', 'B', 'C']) {
      browser.keep(`${DEAD}${session}`);
      statuses.push((await browser.load('/page')).status);
      await gate.clock.advance(6000);
    }
    expect(statuses).toEqual([302, 302, 403]);
  });

  it('W13: a second factor without effect ends at the third one', async () => {
    const { id } = await gate.kratos.createSession();
    const browser = new Browser();
    const statuses: number[] = [];
    for (let way = 0; way < 3; way += 1) {
      browser.keep(await gate.kratos.issueCookie(id));
      statuses.push((await browser.load('/strong')).status, (await browser.load('/strong')).status);
      await gate.clock.advance(6000);
    }
    expect(statuses).toEqual([302, 302, 302, 302, 403, 302]);
  });

  it('W13: a sign-in that redirects straight back without a cookie ends before the browser gives up', async () => {
    const browser = new Browser();
    const statuses = await browser.statuses(5);
    // Three redirects each (gate, sign-in, back) stay below the 20 at which browsers stop.
    expect(statuses).toEqual([302, 302, 302, 302, 403]);
    expect(statuses.length * 3).toBeLessThan(20);
    expect((await get(gate.port, '/page', PAGE)).status).toBe(302);
  });
});
