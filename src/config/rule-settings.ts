// Pure: no I/O, no clock.
import * as v from 'valibot';
import type { IdentityMapping } from '../forwarding/identity-presets.ts';
import { SiteHosts } from '../http/site-hosts.ts';
import { compileCondition } from '../rules/compile-condition.ts';
import { compilePathPattern } from '../rules/path-pattern.ts';
import type { RuleSettings } from '../rules/rules.ts';
import { forwardedHeaders, identityHeaders } from './identity-header-settings.ts';
import {
  duration,
  exactOrigin,
  hostName,
  json,
  METHOD_NAMES,
  resourceUrl,
} from './setting-types.ts';

const pathPattern = v.pipe(
  v.string('a path pattern, such as /docs/*'),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const pattern = compilePathPattern(dataset.value);
    if (pattern.ok) return pattern.value;
    addIssue({ message: `a path pattern, such as /docs/* or /teams/:team; it ${pattern.failure}` });
    return NEVER;
  }),
);

const condition = v.pipe(
  v.string('a condition, such as session.identity.traits.plan == "pro"'),
  v.maxLength(2000, 'a condition of at most 2000 characters'),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const compiled = compileCondition(dataset.value);
    if (compiled.ok) return compiled.value;
    addIssue({
      message: `a condition over session in the Common Expression Language; it ${compiled.failure}`,
    });
    return NEVER;
  }),
);

/** `scope-token` (RFC 6749 section 3.3): visible ASCII without quotes and backslashes. */
const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/;
const SCOPE = 'one scope, without spaces, quotes and backslashes';

const members = {
  /**
   * URLPattern syntax without custom regular expressions: literal segments, `:name` for one segment, a final `*` for
   * everything below. Case-sensitive. The query is ignored.
   */
  path: pathPattern,
  /**
   * One of the site’s hosts (`PUBLIC_URL`, `HOSTS`), in any spelling that those may have. If left out, the rule is
   * for every host.
   */
  host: v.optional(hostName()),
  /** The methods that the rule is for; all methods if left out. GET includes HEAD. */
  methods: v.optional(
    v.pipe(
      v.array(v.picklist(METHOD_NAMES, `one of ${METHOD_NAMES.join(', ')}`), 'a list of methods'),
      v.minLength(1, 'at least one method'),
    ),
  ),
  /**
   * `none`: every request passes, and no session is looked up. `optional`: every request passes; requests of
   * signed-in users carry identity headers. `required`: only requests of signed-in users pass.
   */
  session: v.picklist(['none', 'optional', 'required'], 'one of "none", "optional", "required"'),
  /**
   * The name of an origin in `ORIGINS`, which gets the requests of this rule. If left out: the origin that has the
   * requested host in its `hosts`, else that of `ORIGIN_URL` or the binding `ORIGIN`.
   */
  origin: v.optional(v.string('the name of an origin in ORIGINS')),
  /**
   * The lowest accepted `authenticator_assurance_level`. Users below it are sent to prove a second factor (403, or a
   * redirect for navigations).
   */
  aal: v.optional(v.picklist(['aal1', 'aal2', 'aal3'], 'one of "aal1", "aal2", "aal3"')),
  /**
   * The longest accepted time since the person last proved who they are (`authenticated_at`): a whole number and
   * `s`, `m`, `h` or `d`, such as `"15m"`. Other users are sent to sign in once more.
   */
  authenticated_within: v.optional(duration()),
  /**
   * The scopes that the token must have, every one of them: `["read"]`. They are compared whole. A token without them
   * gets 403 `insufficient_scope`, and so does every session without a token.
   */
  scopes: v.optional(
    v.pipe(
      v.array(v.pipe(v.string(SCOPE), v.regex(SCOPE_TOKEN, SCOPE)), 'a list of scopes'),
      v.maxLength(32, 'at most 32 scopes'),
    ),
    () => [],
  ),
  /**
   * A condition over the session document in CEL (cel.dev), such as `"admin" in
   * session.identity.metadata_public.roles`. If it is not true, the answer is 403. If its evaluation fails, for
   * example because a member is missing, the answer is 403 too, and the log says why. People may write their own
   * traits, so decide on `metadata_public` or verified addresses.
   */
  allow: v.optional(condition),
  /** `strict`: the store checks the session while the request waits, and no cached answer is used. */
  freshness: v.optional(v.picklist(['normal', 'strict'], 'one of "normal", "strict"'), 'normal'),
  /**
   * Origins (`https://spa.example.com`, an app’s `capacitor://localhost`) for cross-origin requests under this rule.
   * Postern itself answers their CORS preflights. Their pages may read Postern’s denials and faults of such
   * requests, and may open WebSockets here. The request that follows a preflight still needs its session.
   */
  preflight: v.optional(
    v.pipe(v.array(exactOrigin(), 'a list of origins'), v.maxLength(32, 'at most 32 origins')),
    () => [],
  ),
  /**
   * The URL of a resource, spelled as its issuer has it: `"https://api.example.com"`. The origin receives a token for
   * this resource in `Authorization: Bearer`, which Postern gets from the issuer in exchange for the caller’s token
   * (RFC 8693). Only tokens of an issuer with `client_id` pass, and the caller’s own credential never reaches the
   * origin. See docs/tokens.md.
   */
  exchange: v.optional(resourceUrl()),
  /** Whether the origin receives the session credential itself, as the client presented it. */
  forward_credentials: v.optional(v.boolean('true or false'), false),
  /** Further `FORWARDED_HEADERS`, for the requests and responses of this rule. */
  forwarded_headers: v.optional(forwardedHeaders, () => []),
  /**
   * The identity headers of this rule’s requests, in place of `IDENTITY_HEADERS` and `IDENTITY_PRESETS`. An empty table: none.
   * The assertion is sent all the same.
   */
  identity_headers: v.optional(identityHeaders),
  /**
   * `no-store`: the response is sent with `Cache-Control: private, no-store`. `origin`: the origin’s own header is
   * kept. Use it only for paths whose content is the same for everyone.
   */
  cache_control: v.optional(
    v.picklist(['no-store', 'origin'], 'one of "no-store", "origin"'),
    'no-store',
  ),
  /**
   * Whether a response that is still under way (server-sent events, a long download) is cut off within
   * `REVOCATION_LAG_SECONDS` after its session was revoked, and when the session expires. Postern then asks the
   * origin for uncompressed responses.
   */
  cut_streams: v.optional(v.boolean('true or false'), false),
};

/** One rule of RULES: the requests that it is for, and its requirements. */
export const rule = v.pipe(
  v.strictObject(members, (issue) =>
    issue.expected === 'never'
      ? `no such member; a rule has ${Object.keys(members).join(', ')}`
      : 'a rule: { path = "/docs/*", session = "none" }',
  ),
  v.forward(
    v.check(
      ({ session, aal, authenticated_within, scopes, allow, exchange }) =>
        session === 'required' ||
        ((aal ?? authenticated_within ?? allow ?? exchange) === undefined && scopes.length === 0),
      '"required", as aal, authenticated_within, scopes, allow and exchange need a session',
    ),
    ['session'],
  ),
  v.forward(
    v.check(
      ({ session, cut_streams, identity_headers }) =>
        session !== 'none' || !(cut_streams || identity_headers),
      '"required" or "optional", as cut_streams and identity_headers need a session',
    ),
    ['session'],
  ),
);

const listOfAnything = json(v.array(v.unknown()));
const ruleWithCondition = v.looseObject({ allow: v.string() });

/**
 * Tells whether `RULES` of an environment has a condition. If so, call `loadConditionLanguage` before `readConfig`.
 */
export function hasCondition(rules: unknown): boolean {
  const list = v.safeParse(listOfAnything, rules);
  return list.success && list.output.some((each) => v.is(ruleWithCondition, each));
}

/** The settings that rules are read with. */
interface RulesToRead {
  readonly PUBLIC_URL: string;
  readonly HOSTS: readonly string[];
  readonly RULES: readonly v.InferOutput<typeof rule>[];
}

/**
 * Returns the rules, with hosts in the spelling that Postern compares. A rule for a host that is not served would never
 * match, so it is reported.
 *
 * @param complete adds what identity headers of a rule need besides; an empty table stays empty
 */
export function readRules(
  { PUBLIC_URL, HOSTS, RULES }: RulesToRead,
  complete: (mapping: IdentityMapping) => IdentityMapping,
): { readonly rules: RuleSettings[]; readonly unservedHosts: string[] } {
  const hosts = new SiteHosts(PUBLIC_URL, HOSTS);
  const unservedHosts: string[] = [];
  const rules = RULES.map(({ host: text, identity_headers: own, ...others }, index) => {
    const isAny = own !== undefined && Object.keys(own).length > 0;
    const read = { ...others, identity_headers: isAny ? complete(own) : own };
    if (text === undefined) return read;
    const host = hosts.read(text);
    if (host === undefined || hosts.originOf(host) === undefined) {
      unservedHosts.push(
        `RULES.${index}.host: expected the host of PUBLIC_URL or one of HOSTS; got another.`,
      );
    }
    return { ...read, host };
  });
  return { rules, unservedHosts };
}
