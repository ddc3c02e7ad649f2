/** Settings. */
import { both, error, type Mistake, SECRET, TAG, tables, vars, warning } from './mistake.ts';

export const SETTINGS_MISTAKES: Readonly<Record<string, Mistake>> = {
  'a misspelt setting': error(
    'FRESH_SECOND',
    vars('FRESH_SECOND = 5'),
    /FRESH_SECOND: there is no such setting.*Did you mean "FRESH_SECONDS"/,
  ),
  'a setting in lower case': error(
    'fresh_seconds',
    vars('fresh_seconds = 5'),
    /Did you mean "FRESH_SECONDS"/,
  ),
  'a misspelt setting with a value that it does not take': warning(
    'FRESH_SECOND',
    vars('FRESH_SECOND = "5s"'),
    /FRESH_SECOND: Postern does not read this name. Did you mean "FRESH_SECONDS"/,
  ),
  'a number that is too large': error(
    'FRESH_SECONDS',
    vars('FRESH_SECONDS = 86400'),
    /FRESH_SECONDS: .*1 to 3600; got 86400/,
  ),
  'a number with a unit': error(
    'FRESH_SECONDS',
    vars('FRESH_SECONDS = "30s"'),
    /FRESH_SECONDS: .*got "30s"/,
  ),
  'a flag as text': error(
    'SELF_SERVICE',
    vars('SELF_SERVICE = "yes"'),
    /SELF_SERVICE: .*got "yes"/,
  ),
  'an unknown preset': error(
    'IDENTITY_PRESETS',
    vars('IDENTITY_PRESETS = ["remote_user"]'),
    /IDENTITY_PRESETS\.0: .*Did you mean "remote-user"/,
  ),
  'an unknown path form': error(
    'ALLOWED_PATH_FORMS',
    vars('ALLOWED_PATH_FORMS = ["encoded-slash"]'),
    /ALLOWED_PATH_FORMS\.0: .*Did you mean "encoded_slash"/,
  ),
  'a list as text': error('HOSTS', vars('HOSTS = "b.site.test"'), /HOSTS: expected a list/),
  'JSON with a comma too many': error(
    'HOSTS',
    vars(`HOSTS = '["b.site.test",]'`),
    /HOSTS: expected a list/,
  ),
  'an unknown revocation': error(
    'REVOCATION',
    vars('REVOCATION = "on"'),
    /REVOCATION: expected one of "log", "off"; got "on"/,
  ),
  'revocation off': warning(
    'REVOCATION',
    vars('REVOCATION = "off"'),
    /REVOCATION is "off".*Set REVOCATION to "log"/,
  ),
  'a secret as a variable': warning(
    'ADMIN_SECRETS',
    vars(`ADMIN_SECRETS = [${SECRET}]`),
    /ADMIN_SECRETS is a variable.*wrangler secret put/,
  ),
  'a short secret': error(
    'ADMIN_SECRETS',
    vars('ADMIN_SECRETS = ["short"]'),
    /ADMIN_SECRETS\.0: expected secrets of 32/,
  ),
  'an admin API without a guard': warning(
    'KRATOS_ADMIN_URL',
    vars('KRATOS_ADMIN_URL = "https://admin.site.test"'),
    /KRATOS_ADMIN_URL: expected a guard.*required/,
  ),
  'an admin API without a guard in [secrets]': error(
    'KRATOS_ADMIN_URL',
    both(
      vars('KRATOS_ADMIN_URL = "https://admin.site.test"'),
      tables('[secrets]', 'required = ["KEY_SET_SECRET"]'),
    ),
    /KRATOS_ADMIN_URL: expected a guard.*Set one/,
  ),
  'a team without an audience': error(
    '[vars]',
    vars('ACCESS_TEAM_DOMAIN = "https://t.cloudflareaccess.com"'),
    /ACCESS_AUDIENCE: expected a value/,
  ),
  'an audience that is the name of the application': error(
    'ACCESS_AUDIENCE',
    vars(
      'ACCESS_TEAM_DOMAIN = "https://t.cloudflareaccess.com"',
      'ACCESS_AUDIENCE = ["my-application"]',
    ),
    /ACCESS_AUDIENCE\.0: .*64 hexadecimal.*Copy the tag/,
  ),
  'an audience that is cut off': error(
    'ACCESS_AUDIENCE',
    vars(
      'ACCESS_TEAM_DOMAIN = "https://t.cloudflareaccess.com"',
      `ACCESS_AUDIENCE = ["${TAG.slice(1)}"]`,
    ),
    /ACCESS_AUDIENCE\.0: /,
  ),
  'a team by its name': error(
    'ACCESS_TEAM',
    vars('ACCESS_TEAM_DOMAIN = "team"', `ACCESS_AUDIENCE = ["${TAG}"]`),
    /ACCESS_TEAM_DOMAIN: .*got "team"/,
  ),
  'a Keycard API without zones': error(
    '[vars]',
    vars('KEYCARD_API_URL = "https://api.keycard.ai"'),
    /KEYCARD_ZONES: expected the ids/,
  ),
  'a forwarded header that a product trusts': warning(
    'FORWARDED_HEADERS',
    vars('FORWARDED_HEADERS = ["X-WEBAUTH-USER"]'),
    /FORWARDED_HEADERS lets x-webauth-user through/,
  ),
  'a forwarded header that Postern sets': error(
    'FORWARDED_HEADERS',
    vars('FORWARDED_HEADERS = ["X-User-Id"]'),
    /FORWARDED_HEADERS: expected no header that Postern itself sends/,
  ),
  'a name for two kinds of cookies': error(
    'TOKEN_COOKIE_NAMES',
    vars('TOKEN_COOKIE_NAMES = ["ory_kratos_session"]'),
    /TOKEN_COOKIE_NAMES: /,
  ),
};
