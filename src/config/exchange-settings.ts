// Pure: no I/O, no clock. Settings for the exchange of tokens (RFC 8693), and how they depend on each other.
import * as v from 'valibot';
import { json } from './setting-types.ts';

const SECRET = 'a secret of 1 to 4096 visible ASCII characters';
const TABLE = 'a table of issuer = the secret of its client, as {"https://auth.example.com":"…"}';

/** CLIENT_SECRETS: the secret of Postern's client at each issuer, by the issuer's name. */
export const clientSecrets = json(
  v.pipe(
    v.unknown(),
    v.check((value) => !Array.isArray(value), TABLE), // a list would count as an empty table
    v.record(
      v.pipe(v.string(TABLE), v.regex(/^[\x21-\x7e]{1,512}$/, TABLE)),
      v.pipe(v.string(SECRET), v.regex(/^[\x21-\x7e]{1,4096}$/, SECRET)),
      TABLE,
    ),
  ),
);

/** The settings that an exchange depends on. */
interface ExchangeSettings {
  readonly ISSUERS: readonly {
    readonly issuer: string;
    readonly client_id?: string | undefined;
    /** A client for the sign-in of browsers may be a public one. */
    readonly sign_in?: object | undefined;
  }[];
  readonly CLIENT_SECRETS: Readonly<Record<string, string>>;
  readonly RULES: readonly { readonly exchange?: string | undefined }[];
}

/** Reports rules with `exchange` that no issuer can serve, and clients without a secret. */
export function exchangeProblems({ ISSUERS, CLIENT_SECRETS, RULES }: ExchangeSettings): string[] {
  const clients = ISSUERS.filter(({ client_id: id }) => id !== undefined);
  const rules = RULES.flatMap(({ exchange }, index) => (exchange === undefined ? [] : [index]));
  const canExchange = clients.some(
    ({ issuer, sign_in: signIn }) => signIn === undefined || Object.hasOwn(CLIENT_SECRETS, issuer),
  );
  const unserved = canExchange ? [] : rules;
  return [
    ...unserved.map(
      (index) =>
        `RULES.${index}.exchange: expected an issuer in ISSUERS that exchanges tokens. Add client_id to it, and the secret of that client to CLIENT_SECRETS, or remove exchange; got no such issuer.`,
    ),
    ...ISSUERS.flatMap(({ issuer, client_id: id, sign_in: signIn }, index) =>
      id === undefined || signIn !== undefined || Object.hasOwn(CLIENT_SECRETS, issuer)
        ? []
        : [
            `ISSUERS.${index}.client_id: expected the secret of this client in CLIENT_SECRETS, under the name of the issuer (set it with "wrangler secret put CLIENT_SECRETS"); got nothing.`,
          ],
    ),
  ];
}
