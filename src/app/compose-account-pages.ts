import type { Config } from '../config/config.ts';
import type { Handler, RouteRequest } from '../http/routes.ts';
import { SESSIONS_PAGE_PATH } from '../session-changes/own-sessions.ts';
import { SIGN_OUT_PATH } from '../sign-in/paths.ts';
import type { AccountPages, AccountPagesDependencies } from './account-pages.ts';

let accountPages: typeof import('./account-pages.ts') | undefined;

/**
 * Loads the pages of a person's own sessions. Rejects when their module is missing or does not start; the next call tries
 * again.
 */
export async function loadAccountPages(): Promise<typeof import('./account-pages.ts')> {
  try {
    // Each request waits for its own promise. The runtime evaluates the module once for all requests.
    accountPages ??= await import('./account-pages.ts');
    return accountPages;
  } catch (error) {
    throw new Error(
      `The sessions page could not be loaded (${error}). Deploy account-pages.js beside worker.js, as wrangler.toml does.`,
      { cause: error },
    );
  }
}

/** Adds the sessions page and the sign-out. Their module is loaded with the first request for one of them. */
export function addAccountPages(
  addRoute: (path: string, handle: Handler<RouteRequest>) => void,
  config: Config,
  dependencies: AccountPagesDependencies,
): void {
  let pages: AccountPages | undefined;
  const add = (path: string, name: keyof AccountPages) =>
    addRoute(path, async (received, parameter) => {
      const { createAccountPages } = accountPages ?? (await loadAccountPages());
      pages ??= createAccountPages(config, dependencies);
      return pages[name](received, parameter);
    });
  add(SESSIONS_PAGE_PATH, 'sessions');
  add(SIGN_OUT_PATH, 'signOut');
}
