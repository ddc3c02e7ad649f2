/** Keycard's own client, in a Python process that makes one exchange after another. */
import { inRepository } from '../../support/repository.ts';
import { openPython } from '../python.ts';

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
  const program = openPython(python, [PROGRAM, issuer, id, secret]);
  return {
    async exchange(subjectToken, resource) {
      const asked = { subject_token: subjectToken, resource };
      return (await program.ask(asked)) as ClientAnswer; // as the program writes it
    },
    [Symbol.asyncDispose]: () => program.close(),
  };
}
