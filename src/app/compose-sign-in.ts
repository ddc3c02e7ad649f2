import type { Config } from '../config/config.ts';
import type { SignInDependencies, SignInServices } from './browser-sign-in.ts';

let browserSignIn: typeof import('./browser-sign-in.ts') | undefined;

/**
 * Loads the sign-in for browsers. Only a configuration in which an issuer has `sign_in` needs it. Rejects when its module
 * is missing or does not start; the next call tries again.
 */
export async function loadSignIn(): Promise<void> {
  try {
    // Each request waits for its own promise. The runtime evaluates the module once for all requests.
    browserSignIn ??= await import('./browser-sign-in.ts');
  } catch (error) {
    throw new Error(
      `The sign-in for browsers could not be loaded (${error}). Deploy browser-sign-in.js beside worker.js, as wrangler.toml does.`,
      { cause: error },
    );
  }
}

/**
 * Makes the sign-in for browsers; `undefined` if no issuer has one. Throws until {@link loadSignIn} has loaded it.
 */
export function createSignIn(
  config: Config,
  dependencies: SignInDependencies,
): SignInServices | undefined {
  const { SIGN_IN: settings } = config;
  if (settings === undefined) return undefined;
  if (browserSignIn === undefined) throw new Error('createSignIn() before loadSignIn()');
  return browserSignIn.createBrowserSignIn(settings, config, dependencies);
}
