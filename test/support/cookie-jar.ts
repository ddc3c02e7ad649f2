/** A browser's cookies of one host, as far as Postern's attributes need it (RFC 6265bis section 5.7). */
export class CookieJar {
  readonly #cookies = new Map<string, string>();

  /** Takes the `Set-Cookie` values of an answer. Throws for a cookie that browsers refuse. */
  take(setCookies: readonly string[]): void {
    for (const setCookie of setCookies) {
      const [pair = '', ...attributes] = setCookie.split(/; */);
      const name = pair.slice(0, pair.indexOf('='));
      const has = (text: string) => attributes.some((each) => each.toLowerCase() === text);
      const isHostOnly = has('secure') && has('path=/') && !/;\s*domain/i.test(setCookie);
      if (name.startsWith('__Host-') && !isHostOnly) throw new Error(`refused: ${setCookie}`);
      if (setCookie.length > 4096) throw new Error(`too long: ${setCookie.length} bytes`);
      if (has('max-age=0')) this.#cookies.delete(name);
      else this.#cookies.set(name, pair.slice(name.length + 1));
    }
  }

  get names(): string[] {
    return [...this.#cookies.keys()];
  }

  get(name: string): string | undefined {
    return this.#cookies.get(name);
  }

  set(name: string, value: string): void {
    this.#cookies.set(name, value);
  }

  delete(name: string): void {
    this.#cookies.delete(name);
  }

  /** A jar with the same cookies, as a thief would have it. */
  copy(): CookieJar {
    const jar = new CookieJar();
    for (const [name, value] of this.#cookies) jar.set(name, value);
    return jar;
  }

  /** The `Cookie` header; no header for an empty jar. */
  get headers(): { readonly Cookie?: string } {
    const pairs = [...this.#cookies].map(([name, value]) => `${name}=${value}`);
    return pairs.length === 0 ? {} : { Cookie: pairs.join('; ') };
  }
}
