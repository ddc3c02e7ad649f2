import type { Addresses } from '../../standins/guide.ts';
import { CookieJar } from '../support/cookie-jar.ts';
import { header, headerValues, request } from '../support/raw-http.ts';

const NAVIGATION = { Accept: 'text/html', 'Sec-Fetch-Mode': 'navigate' };

/** A person with a browser without scripts: follows redirects, and fills in the form of the page. */
export class Visitor {
  readonly #at: Addresses;
  readonly #jar = new CookieJar();
  /** The path that the browser shows. */
  path = '';
  /** The HTML that the browser shows. */
  page = '';

  constructor(at: Addresses) {
    this.#at = at;
  }

  /** Opens a path of the site, and returns the status of the page at which the redirects end. */
  open(path: string): Promise<number> {
    return this.#load(path);
  }

  /** Sends the form of the page: its hidden fields, these fields, and its button. */
  submit(fields: Readonly<Record<string, string>>): Promise<number> {
    const found = (pattern: RegExp) => pattern.exec(this.page)?.slice(1) ?? [];
    if (!this.page.includes('<form')) throw new Error(`${this.path} has no form`);
    const [action = this.path] = found(/<form[^>]* action="([^"]+)"/);
    const [name, value = ''] = found(/<button[^>]* name="([^"]+)" value="([^"]+)"/);
    const hidden = [...this.page.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)];
    const body = new URLSearchParams(hidden.map(([, key = '', text = '']) => [key, text]));
    for (const [key, text] of Object.entries(fields)) body.set(key, text);
    if (name !== undefined) body.set(name, value);
    return this.#load(action, body.toString());
  }

  /** Signs in with the password of the demo's accounts. */
  signIn(identifier: string): Promise<number> {
    return this.submit({ identifier, password: 'postern-demo' });
  }

  async #load(path: string, form?: string): Promise<number> {
    const url = new URL(path, this.#at.gate);
    // The site's stand-in shows Kratos's pages below /ui/, on the site's host.
    const server = new URL(url.pathname.startsWith('/ui/') ? this.#at.kratos : this.#at.gate);
    const sent = { 'Content-Type': 'application/x-www-form-urlencoded', Origin: this.#at.gate };
    const answer = await request(Number(server.port), {
      target: url.pathname + url.search,
      headers: {
        Host: server.host,
        ...NAVIGATION,
        ...this.#jar.headers,
        ...(form !== undefined && sent),
      },
      ...(form !== undefined && { method: 'POST', body: form }),
    });
    this.#jar.take(headerValues(answer, 'set-cookie'));
    const location = header(answer, 'location');
    if (location !== undefined) return this.#load(location);
    this.path = url.pathname;
    this.page = answer.text;
    return answer.status;
  }
}
