import { readCookie } from './credential.ts';
import { secureAttribute } from './csrf.ts';
import type { KratosContext } from './public-url.ts';
import { randomLetters } from './random-text.ts';
import { store } from './store.ts';

const MONTH_SECONDS = 2_592_000;
/** The length of the value that Kratos sets, whose cookie names a row. */
const VALUE_LENGTH = 280;

/**
 * A cookie by which a browser is known again when it comes back from elsewhere (`continuity/manager.go`): it names
 * what was going on, which stays here.
 */
export function continuityCookie(name: string, payload: string): string {
  const value = `MT${randomLetters(VALUE_LENGTH - 2)}`;
  store.continuities.set(value, payload);
  const expires = new Date(Date.now() + MONTH_SECONDS * 1000).toUTCString();
  return `${name}=${value}; Path=/; Expires=${expires}; Max-Age=${MONTH_SECONDS}; HttpOnly; ${secureAttribute()}SameSite=Lax`;
}

export function readContinuity(c: KratosContext, name: string): string | undefined {
  return store.continuities.get(readCookie(c.req.raw, name) ?? '');
}
