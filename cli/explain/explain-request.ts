import { createOriginChoice } from '../../src/app/compose-site.ts';
import type { Config } from '../../src/config/config.ts';
import { explain, isReason } from '../../src/errors/explanations.ts';
import { type AdmittedTarget, admit } from '../../src/http/admit.ts';
import { DEFAULT_METHODS } from '../../src/http/methods.ts';
import { spell } from '../../src/http/path-readings.ts';
import { SiteHosts } from '../../src/http/site-hosts.ts';
import { type RuleMatch, Rules } from '../../src/rules/rules.ts';
import type { Session } from '../../src/session/session.ts';
import { readSessionPath } from '../../src/session/session-path.ts';
import { offlineGateway } from '../offline-gateway.ts';
import { type ExplainedRequest, type GatewayRun, runGateway } from './gateway-run.ts';
import { ruleTable } from './rule-table.ts';
import { readGivenSession, resolutionOf } from './session-file.ts';

/** The configuration, the time, and the parts of the Worker's environment that a configuration does not name. */
export interface ExplainOptions {
  readonly config: Config;
  readonly now: number;
  /** Whether there is an origin. Default: whether ORIGIN_URL is set. */
  readonly hasSite?: boolean;
}

const PLACE = /session(?:\.[A-Za-z_][A-Za-z0-9_]*)+/g;
/** The headers with which a browser opens a page. */
const NAVIGATION = {
  accept: 'text/html',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
};

/** Explains the answer to a request, line by line. The request goes through the gateway that the Worker makes. */
export async function explainRequest(
  asked: ExplainedRequest,
  options: ExplainOptions,
): Promise<string[]> {
  const { config, now } = options;
  const hasSite = options.hasSite ?? config.ORIGIN_URL !== undefined;
  const session = readGivenSession(asked.sessionDocument, options);
  const target = admitTarget(asked, config);
  const program = await runGateway(asked, { config, now, hasSite });
  const browser = await runAsBrowser(asked, { config, now, hasSite });
  const isSite = target !== undefined && !offlineGateway(config).isGatewayRoute(target);
  const isAdmitted = program.decision?.route !== 'admission' && target !== undefined;
  const lines =
    isAdmitted && isSite ? describeSite(asked, { target, session, run: program, options }) : [];
  const route =
    isAdmitted && !isSite
      ? [
          `Route     ${program.decision?.route ?? target.path}: a route of Postern's own, where RULES do not apply`,
        ]
      : [];
  return [...route, ...lines, ...describeAnswers(program, browser), ...describeSent(program)];
}

/** Sends the request as a browser that opens a page; `undefined` if its headers already say what it is. */
async function runAsBrowser(
  asked: ExplainedRequest,
  options: Required<ExplainOptions>,
): Promise<GatewayRun | undefined> {
  if (['accept', 'sec-fetch-mode', 'upgrade'].some((name) => asked.headers.has(name)))
    return undefined;
  const headers = new Headers([...asked.headers, ...Object.entries(NAVIGATION)]);
  return runGateway({ ...asked, headers }, options);
}

function admitTarget(
  { method, url, headers }: ExplainedRequest,
  config: Config,
): AdmittedTarget | undefined {
  const hosts = new SiteHosts(config.PUBLIC_URL, config.HOSTS);
  const admitted = admit(
    { method, url, headers },
    { hosts, allowedForms: new Set(config.ALLOWED_PATH_FORMS) },
  );
  return admitted.ok ? admitted.value : undefined;
}

interface SiteRequest {
  readonly target: AdmittedTarget;
  readonly session: Session | 'over' | undefined;
  readonly run: GatewayRun;
  readonly options: ExplainOptions;
}

/** Describes the rules, and what the condition of the one that applies sees. */
function describeSite(
  { headers }: ExplainedRequest,
  { target, session, run, options }: SiteRequest,
): string[] {
  const { config, now } = options;
  const methods = new Set<string>([...DEFAULT_METHODS, ...config.FURTHER_METHODS]);
  if (!methods.has(target.method)) return [];
  const isPreflight = run.decision?.detail === 'preflight';
  const method =
    (isPreflight ? headers.get('access-control-request-method') : null) ?? target.method;
  const match = new Rules(config.RULES, config.FORWARDED_HEADERS).match(target, method);
  const resolution = session && resolutionOf(session);
  return [
    ...ruleTable(config, match, { target, method, resolution, now }),
    ...describeMatch(match),
    ...describeOrigin(target, match, config),
    ...describeConditions(match, session),
  ];
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

/** The origin of `ORIGINS` that gets the requests of the rule; nothing for the origin of the whole site. */
function describeOrigin(
  { host }: AdmittedTarget,
  { rule }: RuleMatch,
  config: Config,
): readonly string[] {
  const origin = createOriginChoice(config)(rule, host);
  if (origin === undefined) return [];
  const [name = ''] = [...config.ORIGINS].find(([, each]) => each === origin) ?? [];
  const { url, binding, prefix } = origin;
  const through = binding === undefined ? '' : ` through the binding ${binding}`;
  const without = prefix === undefined ? '' : `, without ${prefix.text} in front of the path`;
  return [`Origin    ${name}: ${url ?? 'the public URL'}${through}${without}`];
}

/** Each place that a condition names, with its value. */
function describeConditions({ rule }: RuleMatch, session: Session | 'over' | undefined): string[] {
  return rule.conditions.flatMap((condition) => {
    const lines = [`Condition ${condition.source}`];
    if (session === undefined || session === 'over') return lines;
    const { document } = session;
    for (const place of new Set(condition.source.match(PLACE))) {
      const [path = ''] = place.slice('session.'.length).split(/\.(?=\w+\()/, 1);
      const value = readSessionPath(document, path);
      lines.push(
        `  saw     session.${path} = ${value === undefined ? 'nothing' : JSON.stringify(value)}`,
      );
    }
    const outcome = condition.evaluate(document);
    return [...lines, `  came to ${outcome.kind === 'failed' ? outcome.detail : outcome.kind}`];
  });
}

/** The answer that a browser and a program get; one line if it is the same. */
function describeAnswers(program: GatewayRun, browser: GatewayRun | undefined): string[] {
  const [line = '', ...details] = describeAnswer(program);
  const [other = line] = browser === undefined ? [] : describeAnswer(browser);
  return line === other
    ? [`Answer    ${line}`, ...details]
    : [`Browser   ${other}`, `Program   ${line}`, ...details];
}

function describeAnswer({ response, decision, sent, unmade }: GatewayRun): string[] {
  if (sent !== undefined) return ['forwarded to the origin'];
  const { status, headers } = response;
  if (decision?.detail === 'preflight') {
    return [
      `${status}: Postern answers the preflight of ${headers.get('access-control-allow-origin')} itself`,
    ];
  }
  if (unmade.length > 0)
    return [`depends on the answer to ${unmade.join(', ')} (explain makes no call)`];
  const location = headers.get('location');
  const where = location === null ? '' : ` to ${location}`;
  const reason = decision?.reason ?? headers.get('postern-reason') ?? undefined;
  if (reason === undefined) return [`${status}${where}`];
  const isRefusal = decision?.outcome === 'refuse' || decision?.outcome === 'fault';
  const { message, hint } = isReason(reason) ? explain(reason) : { message: '', hint: '' };
  const details = isRefusal && message !== '' ? [`          ${message}`, `          ${hint}`] : [];
  return [`${status}${where}: ${reason}`, ...details];
}

function describeSent({ sent, decision }: GatewayRun): string[] {
  if (sent === undefined) return [];
  const lines = [...sent.headers].map(([name, value]) => `  ${name}: ${value}`);
  const detail = decision?.detail === undefined ? [] : [`Detail    ${decision.detail}`];
  return [`Sent      ${decision?.method ?? 'GET'} ${sent.url}`, ...lines, ...detail];
}
