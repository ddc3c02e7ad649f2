/** Keycard's own client, in a Python process that makes one exchange after another. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { inRepository } from '../../support/repository.ts';

const PROGRAM = inRepository('test/clients/keycard/token_exchange.py');

/** The answer as the client read it: the members of its `TokenResponse`, or the OAuth error. */
export interface ClientAnswer {
  readonly error?: string;
  readonly access_token?: string;
  readonly token_type?: string;
  readonly expires_in?: number;
  readonly issued_token_type?: string;
  readonly scope?: readonly string[] | null;
}

export interface ExchangeClient extends AsyncDisposable {
  exchange(subjectToken: string, resource: string): Promise<ClientAnswer>;
}

/** Starts the process. A call rejects if the process ends without an answer. */
export function openExchangeClient(
  python: string,
  { issuer, id, secret }: { readonly issuer: string; readonly id: string; readonly secret: string },
): ExchangeClient {
  const child = spawn(python, [PROGRAM, issuer, id, secret], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async exchange(subjectToken, resource) {
      child.stdin.write(`${JSON.stringify({ subject_token: subjectToken, resource })}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error('The Python process has ended.');
      return JSON.parse(value) as ClientAnswer; // as the program writes it
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await lines.return?.();
    },
  };
}
