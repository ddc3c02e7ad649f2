/** Keycard's own verifier, in a Python process that reads one token after another. */
import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { inRepository } from '../../support/repository.ts';

const PROGRAM = inRepository('test/clients/keycard/keycard_verifier.py');

/** The first Python that has the package; `.ci/run` names one. */
export const VERIFIER_PYTHON = [process.env.POSTERN_PYTHON, 'python3'].find(
  (program) =>
    program !== undefined &&
    spawnSync(program, ['-c', 'import keycardai.oauth.server.verifier']).status === 0,
);

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
  const child = spawn(python, [PROGRAM, JSON.stringify(site)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async verify(token) {
      child.stdin.write(`${JSON.stringify(token)}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error('The Python process has ended.');
      return JSON.parse(value) as KeycardVerdict; // as the program writes it
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await lines.return?.();
    },
  };
}
