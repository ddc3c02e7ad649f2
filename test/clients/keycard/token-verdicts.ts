/** The verdicts on one token, ours and Keycard's, and their differences. */
import { get, header } from '../../support/raw-http.ts';
import type { Concluded, KeycardVerdict } from './keycard-verifier.ts';
import type { TokenKind } from './kinds/kind.ts';
import { STRICTER } from './kinds/stricter.ts';

export interface GateVerdict {
  readonly status: number;
  readonly reason: string | undefined;
  /** The answer of whoami. */
  readonly session: WhoamiOfToken | undefined;
}

/** The members of a token's session that are compared. */
interface WhoamiOfToken {
  readonly session_type: string;
  readonly subject: string;
  readonly user_id?: string;
  readonly application_id?: string;
  readonly expires_at: string;
  readonly session_data: { readonly client_id: string; readonly scope?: string };
}

export async function askGate(port: number, token: string): Promise<GateVerdict> {
  const response = await get(port, '/sessions/whoami', { Authorization: `Bearer ${token}` });
  const { status, body } = response;
  const session = status === 200 ? (JSON.parse(body.toString()) as WhoamiOfToken) : undefined; // whoami's shape
  return { status, reason: header(response, 'postern-reason'), session };
}

/** Returns what is wrong with the two verdicts on a token of this kind; an empty list if nothing is. */
export function differences(
  { stricter }: Pick<TokenKind, 'stricter'>,
  { ours, theirs }: { readonly ours: GateVerdict; readonly theirs: KeycardVerdict },
): string[] {
  if (ours.status !== 200 && ours.status !== 401) return [`Postern answers ${ours.status}`];
  if (!theirs.accepted) {
    if (ours.session !== undefined) {
      return [`Postern accepts what Keycard refuses: ${theirs.refusals.join('; ')}`];
    }
    return stricter === undefined ? [] : ['Keycard refuses it too, so no rule of ours is stricter'];
  }
  const reasons = stricter === undefined ? [] : STRICTER[stricter].reasons;
  if (ours.session !== undefined) {
    if (reasons.length > 0) return ['Postern accepts it, against the rule'];
    const found = differentConclusions(ours.session, theirs.concluded);
    const isExpected = found.length === 1 && found[0]?.startsWith('scopes ');
    return stricter === undefined || !isExpected ? found : [];
  }
  if (stricter === undefined) return [`Postern alone refuses it, by no rule: ${ours.reason}`];
  return reasons.includes(ours.reason ?? '')
    ? []
    : [`Postern refuses it for another reason: ${ours.reason}`];
}

function differentConclusions(ours: WhoamiOfToken, theirs: Concluded): string[] {
  const isApplication = ours.session_type === 'application';
  const compared: Record<string, readonly [ours: unknown, theirs: unknown]> = {
    subject: [ours.subject, theirs.sub],
    client_id: [ours.session_data.client_id, theirs.client_id],
    scopes: [wordsOf(ours.session_data.scope), theirs.scopes],
    expires_at: [Date.parse(ours.expires_at) / 1000, theirs.expires_at],
    principal: [isApplication ? ours.application_id : ours.user_id, theirs.sub],
    ...(theirs.sub_profile !== null && {
      sub_profile: [isApplication ? 'app' : 'user', theirs.sub_profile],
    }),
    ...(theirs.keycard_app_id !== null && {
      keycard_app_id: [ours.application_id, theirs.keycard_app_id],
    }),
  };
  return Object.entries(compared)
    .map(([name, [our, their]]) => [name, JSON.stringify(our), JSON.stringify(their)])
    .filter(([, our, their]) => our !== their)
    .map(([name, our, their]) => `${name} is ${our} to Postern and ${their} to Keycard`);
}

function wordsOf(scope = ''): string[] {
  return scope.split(' ').filter((word) => word !== '');
}
