/** Tokens for another resource. */
import { both, error, GATED, issuer, type Mistake, rules, vars, warning } from './mistake.ts';

const EXCHANGE = 'exchange = "https://api.site.test"';
const exchanging = (...lines: readonly string[]) => rules([`path = "/api/*"`, ...lines].join('\n'));
const zone = (change: Readonly<Record<string, string | undefined>> = {}) =>
  issuer({
    issuer: '"https://zone-1.keycard.cloud"',
    preset: '"keycard"',
    algorithms: '["RS256"]',
    jwks_url: undefined,
    required_claims: undefined,
    discovery: 'true',
    client_id: '"gate"',
    ...change,
  });

export const EXCHANGE_MISTAKES: Readonly<Record<string, Mistake>> = {
  'exchange without an issuer that exchanges tokens': error(
    EXCHANGE,
    exchanging(GATED, EXCHANGE),
    /RULES\.1\.exchange .*Add client_id .*CLIENT_SECRETS, or remove exchange/,
  ),
  'exchange with an optional session': error(
    'session = "optional"',
    both(zone(), exchanging('session = "optional"', EXCHANGE)),
    /RULES\.1\.session .*expected "required".*exchange/,
  ),
  'exchange with a public path': error(
    'session = "none"',
    both(zone(), exchanging('session = "none"', EXCHANGE)),
    /RULES\.1\.session .*expected "required".*exchange/,
  ),
  'exchange with a host in place of a URL': error(
    'exchange = "api.site.test"',
    both(zone(), exchanging(GATED, 'exchange = "api.site.test"')),
    /RULES\.1\.exchange .*the https URL of a resource/,
  ),
  'a misspelt exchange': error(
    'exchanges = ',
    both(zone(), exchanging(GATED, 'exchanges = "https://api.site.test"')),
    /RULES\.1\.exchanges .*no such member.*Did you mean "exchange"/,
  ),
  'a client whose secret may be missing': warning(
    'client_id',
    both(zone(), exchanging(GATED, EXCHANGE)),
    /ISSUERS\.0\.client_id.*wrangler secret put CLIENT_SECRETS.*\[secrets\] required/,
  ),
  'a client of an issuer without discovery': error(
    'client_id',
    both(
      zone({ discovery: undefined, jwks_url: '"https://zone-1.keycard.cloud/jwks"' }),
      exchanging(GATED, EXCHANGE),
    ),
    /ISSUERS\.0\.client_id.*discovery = true/,
  ),
  'a client that no rule needs': warning('client_id', zone(), /ISSUERS\.0\.client_id does nothing/),
  'forward_credentials beside exchange': warning(
    'forward_credentials',
    both(zone(), exchanging(GATED, EXCHANGE, 'forward_credentials = true')),
    /RULES\.1\.forward_credentials .*does nothing beside exchange/,
  ),
  'the secrets of clients as a variable': warning(
    'CLIENT_SECRETS',
    both(vars(`CLIENT_SECRETS = '{"https://zone-1.keycard.cloud":"a-secret"}'`), zone()),
    /CLIENT_SECRETS is a variable.*npx wrangler secret put CLIENT_SECRETS/,
  ),
};
