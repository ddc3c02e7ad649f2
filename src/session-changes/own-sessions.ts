import type { UsableCredentials } from '../credentials/credential.ts';
import type { RouteRequest } from '../http/routes.ts';
import type { JsonObject } from '../runtime/json.ts';
import type { Result } from '../runtime/result.ts';
import type { Resolution } from '../sessions/resolution.ts';
import type { ApiAnswer } from './api-route.ts';

/** The path of the page with a person's own sessions. */
export const SESSIONS_PAGE_PATH = '/.postern/sessions';

/** A request by a signed-in person, who sees or ends sessions of their own. */
export interface SignedInUser extends RouteRequest {
  readonly chosen: UsableCredentials;
  readonly resolution: Extract<Resolution, { outcome: 'signed-in' }>;
}

/** A session as its provider shows it. */
export interface OwnSession {
  readonly id: string;
  readonly document: JsonObject;
}

export interface OwnSessionList {
  /** `undefined`: the provider does not tell which of the sessions is that of the request. */
  readonly currentId: string | undefined;
  readonly others: readonly OwnSession[];
  /** Whether the person may have more sessions than these. */
  readonly isCut: boolean;
}

/** A person's own sessions at one provider. A provider never ends sessions of another person here. */
export interface OwnSessions {
  list(user: SignedInUser): Promise<Result<OwnSessionList, ApiAnswer>>;
  end(id: string, user: SignedInUser): Promise<ApiAnswer>;
  /** Ends all sessions but that of the request; all, if the provider does not tell which one that is. */
  endOthers(user: SignedInUser): Promise<ApiAnswer>;
}
