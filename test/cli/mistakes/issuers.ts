/** Issuers. */
import { both, error, issuer, type Mistake, warning } from './mistake.ts';

export const ISSUERS_MISTAKES: Readonly<Record<string, Mistake>> = {
  'an issuer of Kratos without its slash': error(
    'issuer = ',
    issuer({ issuer: '"https://auth.site.test"' }),
    /ISSUERS\.0\.issuer: .*with a slash.*Did you mean "https:\/\/auth\.site\.test\/"/,
  ),
  'an issuer without keys': error(
    '[[vars.ISSUERS]]',
    issuer({ jwks_url: undefined }),
    /ISSUERS\.0\.keys: expected exactly one of keys/,
  ),
  'an issuer with HMAC': error(
    'algorithms',
    issuer({ algorithms: '["HS256"]' }),
    /ISSUERS\.0\.algorithms\.0: .*got "HS256"/,
  ),
  'an issuer without an audience': error(
    '[[vars.ISSUERS]]',
    issuer({ audience: undefined }),
    /ISSUERS\.0\.audience: /,
  ),
  'an unknown preset of an issuer': error(
    'preset',
    issuer({ preset: '"kratoss"' }),
    /ISSUERS\.0\.preset: .*Did you mean "kratos"/,
  ),
  'a misspelt member of an issuer': error(
    'jwks_uri',
    issuer({ jwks_uri: '"https://auth.site.test/x"' }),
    /ISSUERS\.0\.jwks_uri: .*no such member.*Did you mean "jwks_url"/,
  ),
  'an issuer twice': error(
    '[[vars.ISSUERS]]',
    both(issuer({}), issuer({})),
    /ISSUERS: expected each issuer once/,
  ),
  'tokens that name a person by an external id': warning(
    '[[vars.ISSUERS]]',
    issuer({ required_claims: undefined }),
    /ISSUERS\.0 takes tokens without a session claim/,
  ),
};
