import { createForwarding, createSite, type Site } from '../src/app/compose-site.ts';
import { createGateway } from '../src/app/gateway.ts';
import type { Config } from '../src/config/config.ts';
import { readCredentials } from '../src/credentials/read-credentials.ts';
import { explain } from '../src/errors/explanations.ts';
import type { Reason } from '../src/errors/reasons.ts';
import { originRequest, type PassedRequest } from '../src/forwarding/origin-request.ts';
import { type AdmittedTarget, admit } from '../src/http/admit.ts';
import { spell } from '../src/http/path-readings.ts';
import { answerDenial } from '../src/refusals/denial.ts';
import { NO_REVOCATION_LOG } from '../src/revocation/revocation-view.ts';
import { type Authorization, authorize, isPreflight } from '../src/routes/gate/authorize.ts';
import type { Rule, RuleMatch } from '../src/rules/rules.ts';
import type { Session } from '../src/session/session.ts';
import { readSessionPath } from '../src/session/session-path.ts';
import type { Resolution } from '../src/sessions/resolution.ts';
import { readSessionFile } from './session-file.ts';

/** A request to be explained. */
export interface ExplainedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  /** The answer of whoami for its credential; `undefined` for an anonymous request. */
  readonly sessionDocument: string | undefined;
}

const CREDENTIAL = 'explained-session-credential';
const PLACE = /session(?:\.[A-Za-z_][A-Za-z0-9_]*)+/g;

/** Explains the answer to a request, line by line. */
export async function explainRequest(
  asked: ExplainedRequest,
  { config, now }: { readonly config: Config; readonly now: number },
): Promise<string[]> {
  const resolution = resolutionOf(asked.sessionDocument, config, now);
  const site = createSite(config, {
    now: () => now,
    lookUp: {
      sessions: { resolve: () => Promise.resolve(resolution) },
      tokens: { resolve: () => Promise.resolve(resolution) },
      readCredentials: (headers) =>
        readCredentials(headers, {
          sessionCookieNames: config.SESSION_COOKIE_NAMES,
          tokenCookieNames: undefined,
          gatewaySecrets: new Set(),
        }),
    },
    resources: { metadataUrlFor: () => undefined },
    revocation: NO_REVOCATION_LOG,
  });
  const { accepted } = site.authorization;
  const admitted = admit({ ...asked, headers: new Headers() }, accepted);
  if (!admitted.ok) return refused(admitted.failure);
  const target = admitted.value;
  if (accepted.hosts.originOf(target.host) === undefined) return refused('host_unknown');
  if (isGatewayRoute(target, config, now)) {
    return [
      "Answer    from a route of Postern's own: RULES do not apply, and the site gets no request",
    ];
  }
  const headers = new Headers(asked.headers);
  if (asked.sessionDocument !== undefined) headers.set('x-session-token', CREDENTIAL);
  const request = { headers, target, waitUntil: () => {} };
  const authorization = await authorize(request, site.authorization);
  if (!authorization.ok) return refused(authorization.failure);
  if (isPreflight(authorization.value)) {
    const { rule, origin } = authorization.value;
    return [
      `Rule      ${rule.name}`,
      `Answer    204: Postern answers the preflight of ${origin} itself`,
    ];
  }
  return [
    ...describeMatch(authorization.value.match),
    ...describeConditions(authorization.value),
    ...(await describeVerdict(authorization.value, { headers, target, config, site })),
  ];
}

/** Asks the gateway's own router, without sending a request. */
function isGatewayRoute(target: AdmittedTarget, config: Config, now: number): boolean {
  const unsent = () => Promise.reject(new Error('explain makes no call'));
  const gateway = createGateway(config, {
    kv: undefined,
    openLog: undefined,
    fetchers: { kratos: unsent, kratosAdmin: unsent, keycard: unsent, keys: unsent },
    fetchOrigin: undefined,
    now: () => now,
    random: () => 0,
    report: () => {},
    metrics: undefined,
  });
  return gateway.isGatewayRoute(target);
}

function resolutionOf(
  sessionDocument: string | undefined,
  config: Config,
  now: number,
): Resolution {
  const provenance = {
    tier: 'store',
    forwarded: 'miss',
    ageSeconds: 0,
    ttlSeconds: undefined,
    collapsed: false,
    fault: undefined,
  } as const;
  const body = sessionDocument ?? '';
  const read = readSessionFile(body, config);
  if (sessionDocument !== undefined && read.kind === 'not-a-session') {
    throw new Error('the session file: expected an answer of /sessions/whoami; save one unchanged');
  }
  if (read.kind !== 'active' || now >= read.session.expiresAt) {
    const reason = 'session_inactive';
    const mayClearCookie = true;
    return { outcome: 'not-signed-in', reason, body: undefined, mayClearCookie, provenance };
  }
  const { session } = read;
  const nothing = { setCookies: [], cacheForSeconds: undefined, logPosition: 0 };
  return { outcome: 'signed-in', session, body, ...nothing, provenance };
}

function describeMatch({ rule, byReading }: RuleMatch): string[] {
  const asks = [
    `session = ${rule.session}`,
    rule.aal && `aal = ${rule.aal}`,
    rule.authenticatedWithinMs && `authenticated_within = ${rule.authenticatedWithinMs / 1000}s`,
    rule.scopes.size > 0 && `scopes = ${[...rule.scopes].join(' ')}`,
    rule.exchange.size > 0 && `exchange = ${[...rule.exchange].join(' ')}`,
    rule.freshness === 'strict' && 'freshness = strict',
    rule.forwardsCredentials && 'forward_credentials',
    rule.cacheControl === 'origin' && 'cache_control = origin',
    rule.cutsStreams && 'cut_streams',
  ].filter((ask) => typeof ask === 'string');
  const readings = byReading.map(
    (each) => `Reading   ${JSON.stringify(spell(each.reading))} comes under ${each.rule.name}`,
  );
  return [...new Set(readings), `Rule      ${rule.name}: ${asks.join(', ')}`];
}

/** Each place that a condition names, with its value. */
function describeConditions({ match, resolution }: Authorization): string[] {
  return match.rule.conditions.flatMap((condition) => {
    const lines = [`Condition ${condition.source}`];
    if (resolution?.outcome !== 'signed-in') return lines;
    const { document } = resolution.session;
    for (const place of new Set(condition.source.match(PLACE))) {
      const [path = ''] = place.slice('session.'.length).split(/\.(?=\w+\()/, 1);
      const value = readSessionPath(document, path);
      if (value !== undefined) lines.push(`  saw     session.${path} = ${JSON.stringify(value)}`);
    }
    const outcome = condition.evaluate(document);
    return [...lines, `  came to ${outcome.kind === 'failed' ? outcome.detail : outcome.kind}`];
  });
}

/** A request that was admitted, and the site that decides about it. */
interface Explained {
  readonly headers: Headers;
  readonly target: AdmittedTarget;
  readonly config: Config;
  readonly site: Site;
}

async function describeVerdict(
  { verdict, match, tried }: Authorization,
  context: Explained,
): Promise<string[]> {
  const { headers, target, site } = context;
  switch (verdict.kind) {
    case 'cannot-tell':
      return ['Answer    503'];
    case 'deny': {
      const { response } = await answerDenial(
        verdict,
        { headers, target, rule: match.rule },
        site.denial,
      );
      const location = response.headers.get('location');
      const where = location === null ? '' : ` to ${location}`;
      return [`Answer    ${response.status}${where}: ${verdict.reason}`];
    }
    case 'pass': {
      const { rule } = match;
      const exchangedToken = describeExchange(rule, verdict.session, context.config);
      if (exchangedToken === 'not-possible') return refused('exchange_not_possible');
      return [
        'Answer    forwarded to the origin',
        ...(await describeForwarded(verdict, { rule, tried, exchangedToken }, context)),
      ];
    }
  }
}

/**
 * Returns a text in place of the token that the origin gets; `undefined` if the rule has no `exchange`. explain makes no
 * call, so the text stands for the token that the issuer would give.
 */
function describeExchange(
  { exchange }: Rule,
  session: Session | undefined,
  { ISSUERS }: Config,
): string | undefined | 'not-possible' {
  const [resource, another] = exchange;
  if (resource === undefined) return undefined;
  const clients = ISSUERS.filter(({ client_id: client }) => client !== undefined);
  const isExchanged = clients.some(({ issuer }) => issuer === session?.document.issuer);
  return isExchanged && another === undefined ? `(a token for ${resource})` : 'not-possible';
}

async function describeForwarded(
  { session }: Extract<Authorization['verdict'], { kind: 'pass' }>,
  authorization: Pick<PassedRequest, 'rule' | 'tried' | 'exchangedToken'>,
  { headers, target, config, site }: Explained,
): Promise<string[]> {
  const forwarding = createForwarding(config, site);
  const identified = await site.identifier.identify(session, forwarding.audience);
  if (!identified.ok) return refused(identified.failure.reason);
  const identification = identified.value;
  const request = new Request(`${config.PUBLIC_URL}/`, { method: target.method, headers });
  const sent = originRequest(request, { ...authorization, target, identification }, forwarding);
  if (!sent.ok) return [`Answer    ${explain(sent.failure).status}`];
  const lines = [...sent.value.init.headers].map(([name, value]) => `  ${name}: ${value}`);
  const { omitted } = identification;
  const missing = omitted.length === 0 ? [] : [`Omitted   ${omitted.join(', ')}: too large`];
  return [`Sent      ${target.method} ${sent.value.url}`, ...lines, ...missing];
}

function refused(reason: Reason): string[] {
  const { status, message, hint } = explain(reason);
  return [`Answer    ${status}: ${reason}`, `          ${message}`, `          ${hint}`];
}
