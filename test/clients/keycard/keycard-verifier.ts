/** Keycard's own verifier, in a Python process that reads one token after another. */
import { inRepository } from '../../support/repository.ts';
import { findPython, openPython } from '../python.ts';

const PROGRAM = inRepository('test/clients/keycard/keycard_verifier.py');

export const VERIFIER_PYTHON = findPython('keycardai.oauth.server.verifier');

/** The zones and audiences that a site accepts. */
export interface VerifiedSite {
  readonly zones: readonly { readonly issuer: string; readonly algorithms: readonly string[] }[];
  readonly audiences: readonly string[];
}

/** The members of Keycard's `AccessToken` that say whom a token is for. */
export interface Concluded {
  readonly sub: string | null;
  readonly client_id: string;
  readonly scopes: readonly string[];
  readonly expires_at: number | null;
  readonly sub_profile: string | null;
  readonly keycard_app_id: string | null;
}

export type KeycardVerdict =
  | { readonly accepted: true; readonly concluded: Concluded }
  | { readonly accepted: false; readonly refusals: readonly string[] };

export interface KeycardVerifier extends AsyncDisposable {
  verify(token: string): Promise<KeycardVerdict>;
}

/** Starts the process. A call rejects if the process ends without an answer. */
export function openKeycardVerifier(python: string, site: VerifiedSite): KeycardVerifier {
  const program = openPython(python, [PROGRAM, JSON.stringify(site)]);
  return {
    verify: async (token) => (await program.ask(token)) as KeycardVerdict, // as the program writes it
    [Symbol.asyncDispose]: () => program.close(),
  };
}
