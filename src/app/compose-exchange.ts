import type { Config } from '../config/config.ts';
import { ExchangedTokens } from '../exchange/exchanged-tokens.ts';
import { TokenEndpoint } from '../exchange/token-endpoint.ts';
import type { ConfiguredIssuers, IssuerDependencies } from './compose-tokens.ts';

/** Makes the exchange of tokens at every issuer that has a client for Postern. */
export function createExchangedTokens(
  config: Config,
  metadata: ConfiguredIssuers['metadata'],
  { fetch, now, report }: Pick<IssuerDependencies, 'fetch' | 'now' | 'report'>,
): ExchangedTokens {
  const { ISSUERS, CLIENT_SECRETS, STORE_TIMEOUT_MS: timeoutMs, KEYS_TIMEOUT_MS } = config;
  const endpoints = new Map<string, TokenEndpoint>();
  for (const { issuer, client_id: id, allow_other_origin: allowsOtherOrigin } of ISSUERS) {
    const secret = CLIENT_SECRETS[issuer];
    const document = metadata.get(issuer);
    if (id === undefined || secret === undefined || document === undefined) continue;
    const client = { id, secret };
    const options = { issuer, allowsOtherOrigin, client, metadata: document, timeoutMs };
    endpoints.set(issuer, new TokenEndpoint({ ...options, fetch, now, report }));
  }
  return new ExchangedTokens({ endpoints, deadlineMs: KEYS_TIMEOUT_MS + timeoutMs, now });
}
