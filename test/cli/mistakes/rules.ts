/** Rules. */
import { both, error, GATED, type Mistake, rules, vars } from './mistake.ts';

export const RULES_MISTAKES: Readonly<Record<string, Mistake>> = {
  'a rule behind one that takes all': error(
    '[[vars.RULES]]',
    both(
      (t) => t.replace('path = "/public/*"', 'path = "/*"'),
      rules(`path = "/admin/*"\n${GATED}`),
    ),
    /RULES\.1 \("\/admin\/\*"\): this rule never applies: RULES\.0 \("\/\*"\) matches every .* Put this rule before/,
  ),
  'the same rule twice with opposite sessions': error(
    '[[vars.RULES]]',
    rules(`path = "/public/*"\n${GATED}`),
    /RULES\.1 .*same path.*session = "none", and this one "required".*Keep one/,
  ),
  'a rule behind two that take all together': error(
    '[[vars.RULES]]',
    rules(
      'path = "/a/:x"\nsession = "none"',
      'path = "/a/"\nsession = "none"',
      'path = "/a/:x/*"\nsession = "none"',
      `path = "/a/*"\n${GATED}`,
    ),
    /RULES\.4 .*RULES\.1 .* and RULES\.2 .* and RULES\.3 .*together match/,
  ),
  'a rule for GET behind one without methods': error(
    '[[vars.RULES]]',
    rules('path = "/f"\nsession = "none"', `path = "/f"\nmethods = ["GET"]\n${GATED}`),
    /RULES\.2 .*never applies/,
  ),
  'a rule for HEAD behind one for GET': error(
    '[[vars.RULES]]',
    rules(
      'path = "/f"\nmethods = ["GET"]\nsession = "none"',
      `path = "/f"\nmethods = ["HEAD"]\n${GATED}`,
    ),
    /RULES\.2 .*never applies/,
  ),
  'a rule for one host behind one for every host': error(
    '[[vars.RULES]]',
    rules('path = "/f"\nsession = "none"', `path = "/f"\nhost = "app.site.test"\n${GATED}`),
    /RULES\.2 .*never applies/,
  ),
  'a rule for a method that the site does not take': error(
    '[[vars.RULES]]',
    rules(`path = "/dav/*"\nmethods = ["PROPFIND"]\n${GATED}`),
    /RULES\.1 .*none of its methods \(PROPFIND\).*FURTHER_METHODS/,
  ),
  'a path with encoded dots': error(
    '[[vars.RULES]]',
    rules('path = "/a/%2e%2e/b"\nsession = "none"'),
    /RULES\.1 .*never applies.*refused \(400\)/,
  ),
  'a path with an empty segment': error(
    '[[vars.RULES]]',
    rules('path = "/a//b"\nsession = "none"'),
    /RULES\.1 .*never applies.*ALLOWED_PATH_FORMS/,
  ),
  'a rule on whoami': error(
    '[[vars.RULES]]',
    rules('path = "/sessions/whoami"\nsession = "none"'),
    /RULES\.1 .*a route of Postern's own.*Remove the rule/,
  ),
  'a rule on the health pages': error(
    '[[vars.RULES]]',
    rules('path = "/.postern/health/*"\nsession = "none"'),
    /RULES\.1 .*Postern's own/,
  ),
  'a rule on self-service': error(
    '[[vars.RULES]]',
    both(vars('SELF_SERVICE = true'), rules('path = "/self-service/login/*"\nsession = "none"')),
    /RULES\.1 .*Postern's own/,
  ),
  aal3: error(
    'aal = "aal3"',
    rules(`path = "/a"\n${GATED}\naal = "aal3"`),
    /RULES\.1\.aal .*got "aal3".*Did you mean "aal2"/,
  ),
  'an unknown level': error(
    'aal = "all2"',
    rules(`path = "/a"\n${GATED}\naal = "all2"`),
    /RULES\.1\.aal .*got "all2".*Did you mean "aal2"/,
  ),
  'a misspelt session': error(
    'session = "requierd"',
    rules('path = "/a"\nsession = "requierd"'),
    /RULES\.1\.session .*got "requierd"\. Did you mean "required"/,
  ),
  'a rule without session': error(
    '[[vars.RULES]]',
    rules('path = "/a"'),
    /RULES\.1\.session .*got nothing/,
  ),
  'a rule without path': error(
    '[[vars.RULES]]',
    rules(GATED),
    /RULES\.1\.path: expected .*got nothing/,
  ),
  'a misspelt member of a rule': error(
    'sesion = "none"',
    rules('path = "/a"\nsession = "none"\nsesion = "none"'),
    /RULES\.1\.sesion .*no such member.*Did you mean "session"/,
  ),
  'a rule called rule': error(
    '[[vars.RULE]]',
    (t) => `${t}\n[[vars.RULE]]\npath = "/a"\nsession = "none"\n`,
    /RULE: there is no such setting.*Did you mean "RULES"/,
  ),
  'a path without slash': error(
    'path = "admin"',
    rules(`path = "admin"\n${GATED}`),
    /RULES\.1\.path .*got "admin"|RULES\.1\.path .*must begin with/,
  ),
  'a path that is a regular expression': error(
    'path = "/a/(.*)"',
    rules(`path = "/a/(.*)"\n${GATED}`),
    /RULES\.1\.path .*final "\*"/,
  ),
  'a path with ** ': error(
    'path = "/a/**"',
    rules(`path = "/a/**"\n${GATED}`),
    /RULES\.1\.path .*"\*" only as a whole segment/,
  ),
  'a path with a star in the middle': error(
    'path = "/*/admin"',
    rules(`path = "/*/admin"\n${GATED}`),
    /RULES\.1\.path .*last segment/,
  ),
  'a path that is a URL': error(
    'path = "https',
    rules(`path = "https://app.site.test/a"\n${GATED}`),
    /RULES\.1\.path .*must begin with "\/"/,
  ),
  'a host that is not served': error(
    'host = "other.site.test"',
    rules(`path = "/a"\nhost = "other.site.test"\n${GATED}`),
    /RULES\.1\.host .*HOSTS/,
  ),
  'a host with a scheme': error(
    'host = "https',
    rules(`path = "/a"\nhost = "https://app.site.test"\n${GATED}`),
    /RULES\.1\.host .*got "https/,
  ),
  'a method in lower case': error(
    'methods = ["get"]',
    rules(`path = "/a"\nmethods = ["get"]\n${GATED}`),
    /RULES\.1\.methods\.0 .*got "get"\. Did you mean "GET"/,
  ),
  'methods as text': error(
    'methods = "GET"',
    rules(`path = "/a"\nmethods = "GET"\n${GATED}`),
    /RULES\.1\.methods .*a list/,
  ),
  'a condition on an open rule': error(
    'session = "none"\n',
    rules(`path = "/a"\nsession = "none"\nallow = 'session.active'`),
    /RULES\.1\.session .*"required"/,
  ),
  'a duration in seconds': error(
    'authenticated_within = 900',
    rules(`path = "/a"\n${GATED}\nauthenticated_within = 900`),
    /RULES\.1\.authenticated_within .*"15m".*got 900/,
  ),
  'preflight for every origin': error(
    'preflight = ["*"]',
    rules(`path = "/a"\n${GATED}\npreflight = ["*"]`),
    /RULES\.1\.preflight\.0 .*an origin/,
  ),
  'preflight with a pattern': error(
    'preflight = ["https://*.site.test"]',
    rules(`path = "/a"\n${GATED}\npreflight = ["https://*.site.test"]`),
    /RULES\.1\.preflight\.0 .*an origin/,
  ),
  'self-service without an open rule': error(
    'SELF_SERVICE',
    both(vars('SELF_SERVICE = true'), (t) => t.replace('session = "none"', GATED)),
    /SELF_SERVICE: expected a rule with session = "none".*Add one/,
  ),
};
