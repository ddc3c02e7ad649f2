import {
  checkQuery,
  matching,
  oneOf,
  type QueryShape,
  wholeNumber,
} from '../../http/checked-query.ts';
import { invalidParameter } from '../../http/invalid-part.ts';
import { readJsonBody } from '../../http/request-body.ts';
import { KEYCARD_ID } from '../../providers/keycard/keycard-id.ts';
import { passThrough } from '../../providers/pass-through.ts';
import { failed } from '../../runtime/result.ts';
import {
  type ApiAnswer,
  type ApiCall,
  type ApiMethods,
  type ApiPlan,
  answerWith,
  change,
  read,
} from '../../session-changes/api-route.ts';
import type { ChangeMaker } from '../../session-changes/change-maker.ts';
import {
  identifyKeycardCaller,
  type KeycardAccess,
  type KeycardCall,
  type KeycardCaller,
} from './keycard-caller.ts';
import { planEnd } from './keycard-end.ts';

export interface KeycardOptions {
  readonly access: KeycardAccess;
  readonly changes: Pick<ChangeMaker, 'keepsLog' | 'recall'>;
  /** The zones that callers may name, each with the issuers whose tokens Postern accepts as that zone's. */
  readonly zones: ReadonlyMap<string, readonly string[]>;
}

/** A cursor of Keycard's: of limited length, and sent in a query only. */
const CURSOR = /^[A-Za-z0-9_=+/.:~-]{1,2048}$/;

const LIST: QueryShape = {
  checks: {
    active: oneOf('true'),
    status: oneOf('active', 'expired', 'revoked'),
    session_type: oneOf('user', 'application'),
    user_id: matching(KEYCARD_ID, 'an id'),
    include_nested: oneOf('true'),
    limit: wholeNumber(1, 1000),
    after: matching(CURSOR, 'a cursor of an earlier page'),
    before: matching(CURSOR, 'a cursor of an earlier page'),
    'expand[]': oneOf('total_count'),
  },
  repeatable: ['expand[]'],
  isLenient: false,
};

const INVALID_ID = Object.freeze(
  invalidParameter('id', 'at most 2048 letters, digits and "_:.~-"'),
);

/** Keycard's session routes (its `api/openapi.yaml`), by path. */
export function keycardRoutes(options: KeycardOptions): Record<string, ApiMethods> {
  const receive = async (call: ApiCall) => {
    const caller = await identifyKeycardCaller(call, options.access);
    if (!caller.ok) return caller;
    const zoneId = call.parameter('zoneId');
    const issuers = options.zones.get(zoneId);
    if (issuers === undefined) return failed('not_found' as const);
    return {
      ok: true,
      value: { ...options, call, caller: caller.value, zoneId, issuers },
    } as const;
  };
  const reading = (handle: (received: KeycardRequest) => Promise<ApiAnswer>) =>
    read(async (call) => {
      const received = await receive(call);
      return received.ok ? handle(received.value) : received;
    });
  const changing = (plan: (received: KeycardRequest) => Promise<ApiPlan>) =>
    change(async (call) => {
      const received = await receive(call);
      return received.ok ? plan(received.value) : answerWith(received);
    });
  return {
    '/zones/:zoneId/sessions': { GET: reading(listSessions) },
    '/zones/:zoneId/sessions/:id': {
      GET: reading(readSession),
      PATCH: changing(revokeSession),
      DELETE: changing(deleteSession),
    },
  };
}

interface KeycardRequest extends KeycardOptions {
  readonly call: ApiCall;
  readonly caller: KeycardCaller;
  readonly zoneId: string;
  readonly issuers: readonly string[];
}

async function listSessions({ call, caller, zoneId }: KeycardRequest): Promise<ApiAnswer> {
  const query = checkQuery(call.target.search, LIST);
  if (!query.ok) return query;
  const segments = ['zones', zoneId, 'sessions'];
  return passed(caller, { method: 'GET', segments, query: query.value.toString() });
}

async function readSession({ call, caller, zoneId }: KeycardRequest): Promise<ApiAnswer> {
  const id = readId(call);
  if (id === undefined) return INVALID_ID;
  return passed(caller, { method: 'GET', segments: ['zones', zoneId, 'sessions', id] });
}

async function revokeSession(received: KeycardRequest): Promise<ApiPlan> {
  const id = readId(received.call);
  if (id === undefined) return answerWith(INVALID_ID);
  const body = await readJsonBody(received.call.request);
  if (!body.ok) return answerWith(body);
  // Keycard decides which bodies it takes. Whatever a PATCH that it accepts says, the session counts as ended.
  return planEnd({ ...received, id, sent: { method: 'PATCH', body: JSON.stringify(body.value) } });
}

async function deleteSession(received: KeycardRequest): Promise<ApiPlan> {
  const id = readId(received.call);
  return id === undefined
    ? answerWith(INVALID_ID)
    : planEnd({ ...received, id, sent: { method: 'DELETE' } });
}

async function passed(caller: KeycardCaller, call: KeycardCall): Promise<ApiAnswer> {
  const sent = await caller.send(call);
  return sent.ok ? passThrough(sent.value) : sent;
}

function readId(call: ApiCall): string | undefined {
  const id = call.parameter('id');
  return KEYCARD_ID.test(id) ? id : undefined;
}
