import type { ShortfallReason } from '../../errors/reasons.ts';
import type { Exchange, ExchangedTokens, SubjectToken } from '../../exchange/exchanged-tokens.ts';
import type { Verdict } from '../../rules/verdict.ts';
import {
  type Authorization,
  type AuthorizationRequest,
  authorizeAgain,
  type RecheckOptions,
} from './authorize.ts';

/** The services of an exchange. */
export interface ExchangeOptions {
  readonly exchangedTokens: Pick<ExchangedTokens, 'exchange' | 'forget'>;
  readonly authorization: RecheckOptions;
}

/** The result of authorising a request whose origin may need a token for another resource. */
export interface ExchangedAuthorization extends Authorization {
  /** The token for the origin. `undefined` if the rule has no `exchange`, or the request does not pass. */
  readonly exchangedToken?: string;
}

/**
 * Exchanges the token of a request that passes, if its rule has `exchange` (RFC 8693). Without a token for the resource the
 * request does not pass. An exchange takes time, in which the caller's token may be revoked, so the caller's token is then
 * checked again.
 */
export async function exchangeCredential(
  authorization: Authorization,
  asked: Pick<AuthorizationRequest, 'target' | 'waitUntil'>,
  { exchangedTokens, authorization: authorizing }: ExchangeOptions,
): Promise<ExchangedAuthorization> {
  const { verdict, chosen, match } = authorization;
  const [resource, another] = match.rule.exchange;
  if (resource === undefined) return authorization;
  if (verdict.kind !== 'pass') {
    const refused = chosen?.kind === 'tokens' ? chosen.candidates : [];
    const isOver = verdict.kind === 'deny' && verdict.reason === 'token_revoked';
    if (isOver) for (const { value } of refused) await exchangedTokens.forget(value, resource);
    return authorization;
  }
  const subject = subjectOf(authorization);
  if (subject === undefined) return withVerdict(authorization, deny('exchange_not_possible'));
  if (another !== undefined) {
    const detail = 'the readings of the path need tokens for several resources';
    return withVerdict(authorization, deny('exchange_not_possible', detail));
  }
  const exchange = await exchangedTokens.exchange(subject, resource, asked.waitUntil);
  if (exchange.kind !== 'token') return withVerdict(authorization, verdictOn(exchange));
  const { value: exchangedToken, isKept } = exchange;
  if (isKept) return { ...authorization, exchangedToken };
  const checked = await authorizeAgain(authorization, asked, authorizing);
  // The resolution of a pass stays: it has the cookies to set.
  return checked.verdict.kind === 'pass'
    ? { ...authorization, verdict: checked.verdict, exchangedToken }
    : { ...authorization, ...checked };
}

/** Returns the caller's token; `undefined` if the session is not that of a token. */
function subjectOf({ resolution }: Authorization): SubjectToken | undefined {
  if (resolution?.outcome !== 'signed-in' || resolution.token === undefined) return undefined;
  const { expiresAt, document } = resolution.session;
  const { issuer } = document;
  return typeof issuer === 'string' ? { value: resolution.token, issuer, expiresAt } : undefined;
}

function verdictOn(exchange: Exclude<Exchange, { kind: 'token' }>): Verdict {
  switch (exchange.kind) {
    case 'no-endpoint':
      return deny('exchange_not_possible');
    case 'subject-expired':
      return deny('token_expired');
    case 'refused':
      return deny('exchange_refused', exchange.error);
    case 'failed': {
      const { retryAfterSeconds } = exchange;
      return { kind: 'cannot-tell', reason: 'exchange_unavailable', retryAfterSeconds };
    }
  }
}

function deny(reason: ShortfallReason | 'token_expired', detail?: string): Verdict {
  return { kind: 'deny', reason, storeBody: undefined, detail };
}

function withVerdict(authorization: Authorization, verdict: Verdict): Authorization {
  return { ...authorization, verdict };
}
