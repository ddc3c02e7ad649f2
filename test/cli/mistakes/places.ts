/** Conditions and places. */
import { allow, error, GATED, header, type Mistake, rules, vars, warning } from './mistake.ts';

export const PLACES_MISTAKES: Readonly<Record<string, Mistake>> = {
  'a header of a rule with a place that cannot exist': error(
    'identity_headers',
    rules(`path = "/a"\n${GATED}\nidentity_headers = { X-Member = "identity.uuid" }`),
    /RULES\.1\.identity_headers\.X-Member .*no session has "uuid"/,
  ),
  'a condition with a member that cannot exist': error(
    'allow',
    allow('session.identity.uuid == "x"'),
    /RULES\.1\.allow .*no session has "uuid".*session\.identity has id,/,
  ),
  'a condition with a misspelt member': error(
    'allow',
    allow('session.identity.trait.plan == "pro"'),
    /RULES\.1\.allow .*Did you mean "session\.identity\.traits"/,
  ),
  'a condition on metadata_admin': error(
    'allow',
    allow('session.identity.metadata_admin.x == 1'),
    /no session has "metadata_admin".*metadata_public/,
  ),
  'a condition on a member of a text': error(
    'allow',
    allow('session.id.x == 1'),
    /session\.id is a single value/,
  ),
  'a condition by name in a list': error(
    'allow',
    allow('session.devices.id == "x"'),
    /session\.devices is a list/,
  ),
  'a condition that is a text': error(
    'allow',
    allow('session.authenticator_assurance_level'),
    /expected a condition that is true or false.*Compare it/,
  ),
  'a condition that is a text in part': error(
    'allow',
    allow('session.active && session.identity.state'),
    /session\.identity\.state is text/,
  ),
  'a condition that is a sum': error(
    'allow',
    allow('1 + 1'),
    /RULES\.1\.allow .*must be true or false/,
  ),
  'a condition without session.': error(
    'allow',
    allow('identity.id == "x"'),
    /RULES\.1\.allow .*does not check/,
  ),
  'a condition with =': error('allow', allow('session.id = "x"'), /RULES\.1\.allow .*is not CEL/),
  'a condition with matches()': error(
    'allow',
    allow('session.id.matches("x")'),
    /may not use matches/,
  ),
  'a condition that is the value of a trait': {
    ...warning(
      'allow',
      allow('session.identity.metadata_public.admin'),
      /used as true or false.*== true/,
    ),
  },
  'a header from a member that cannot exist': error(
    'X-Uuid',
    header('X-Uuid = "identity.uuid"'),
    /IDENTITY_HEADERS\.X-Uuid: .*got "identity\.uuid"; no session has "uuid"/,
  ),
  'a header from a misspelt place': error(
    'X-Mail',
    header('X-Mail = "identity.trait.email"'),
    /Did you mean "identity\.traits"/,
  ),
  'a header from a misspelt place in the notation of rules': error(
    'X-Mail',
    header('X-Mail = "session.idenity.id"'),
    /IDENTITY_HEADERS\.X-Mail: .*Did you mean "identity"/,
  ),
  'a header from a text with spaces': error(
    'X-Mail',
    header('X-Mail = "the email"'),
    /IDENTITY_HEADERS\.X-Mail: expected a place/,
  ),
  'a header that HTTP needs': error(
    'Cookie',
    header('Cookie = "id"'),
    /IDENTITY_HEADERS.*no other meaning in HTTP/,
  ),
  'a claim from a member that cannot exist': error(
    'ASSERTION_CLAIMS',
    vars('ASSERTION_CLAIMS = { mail = "identity.email" }'),
    /ASSERTION_CLAIMS\.mail: .*no session has "email"/,
  ),
};
