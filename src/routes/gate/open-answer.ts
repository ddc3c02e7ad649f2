import { explain } from '../../errors/explanations.ts';
import { cutWhenOver } from '../../forwarding/cut-response.ts';
import { type SessionStatus, watchSession } from '../../forwarding/session-watch.ts';
import { relayWebSocket } from '../../forwarding/web-socket-relay.ts';
import type { RouteRequest } from '../../http/routes.ts';
import type { Decision } from '../../observability/decision-log.ts';
import { describeResolution } from '../../observability/describe-resolution.ts';
import type { Reporting } from '../../observability/reporting.ts';
import type { Rule } from '../../rules/rules.ts';
import type { Verdict } from '../../rules/verdict.ts';
import { isOnePerson, type Session } from '../../session/session.ts';
import {
  type Authorization,
  authorizeAgain,
  type RecheckOptions,
  type SessionDecision,
} from './authorize.ts';

/** A request that passed, and whose answer may stay open. */
interface OpenedRequest extends RouteRequest {
  readonly authorization: Authorization;
}

interface WatchOptions {
  readonly authorization: RecheckOptions;
  readonly reporting: Reporting;
}

/** Whether an open answer ends with its session: a WebSocket always, a body if the rule says so (`cut_streams`). */
export function isWatched(accepted: Response, { cutsStreams }: Pick<Rule, 'cutsStreams'>): boolean {
  return cutsStreams || Boolean(accepted.webSocket);
}

/** Ends an open answer when its session ends. */
export async function keepWatch(
  { session, response, accepted }: { session: Session; response: Response; accepted: Response },
  opened: OpenedRequest,
  { authorization: authorizing, reporting }: WatchOptions,
): Promise<Response> {
  const { request, authorization, target } = opened;
  const { match } = authorization;
  const openedAt = reporting.now();
  let last: SessionDecision | undefined;
  const look = async () => {
    last = await authorizeAgain(authorization, opened, authorizing);
    return standingOf(last.verdict, session);
  };
  const watch = await watchSession(look, authorizing.revocation.lagMs);
  void watch.over.then((standing) =>
    reporting.log(request, () => ({
      route: 'gate',
      ...describeEnd(last, standing),
      method: target.method,
      path: target.path,
      rule: match.rule.name,
      detail: 'ended',
      durationMs: reporting.now() - openedAt,
    })),
  );
  return accepted.webSocket
    ? relayWebSocket(response, accepted, watch)
    : cutWhenOver(response, watch);
}

/**
 * Returns whether an open stream may go on. If the session is optional, anonymous requests pass. But a stream that was
 * opened for a signed-in user has to end when that user's session ends.
 */
function standingOf(verdict: Verdict, session: Session): SessionStatus {
  if (verdict.kind !== 'pass') return verdict.kind;
  return verdict.session !== undefined && isOnePerson(verdict.session, session) ? 'pass' : 'deny';
}

/** Describes the end of a stream for the log: as the answer to a request now, if the rule required a session. */
function describeEnd(last: SessionDecision | undefined, standing: 'deny' | 'cannot-tell') {
  const found = last?.resolution === undefined ? undefined : describeResolution(last.resolution);
  const verdict = last?.verdict;
  const reason =
    (verdict === undefined || verdict.kind === 'pass' ? found?.reason : verdict.reason) ??
    'store_unavailable';
  const outcome: Decision['outcome'] = standing === 'deny' ? 'deny' : 'fault';
  return { ...found, outcome, reason, status: explain(reason).status };
}
