import { goJson } from './answers.ts';
import { type HerodotError, herodotError } from './herodot-error.ts';
import type { KratosContext } from './public-url.ts';
import type { Session } from './session.ts';
import { store } from './store.ts';
import { isUuid, uuidProblem } from './uuid.ts';

const MAX_IDS = 500;
const EVERYBODY = '*';

interface ManageSessionsBody {
  readonly action?: unknown;
  readonly sessions: readonly string[];
  readonly identities: readonly string[];
}

/**
 * `POST /admin/sessions`: how many rows were changed, and whether there are more to change. Either sessions or
 * identities, never both; `*` stands for all identities (`session/handler.go` `manageSessions`).
 */
export async function manageSessions(c: KratosContext): Promise<Response> {
  const body = readBody(await c.req.text());
  if ('code' in body) return herodotError(c.req.raw, body);
  const problem = problemOf(body);
  if (problem !== undefined) return herodotError(c.req.raw, problem);
  const wanted = matching(body);
  const now = wanted.slice(0, store.settings.bulkRowsPerCall);
  for (const session of now) apply(body.action, session);
  return goJson({ processed: now.length, more: wanted.length > now.length });
}

function readBody(text: string): ManageSessionsBody | HerodotError {
  if (text === '') return notJson('EOF');
  try {
    // Members that are not as they should be are refused by `problemOf`.
    const { action, sessions, identities } = JSON.parse(text) as Record<string, unknown>;
    return { action, sessions: strings(sessions), identities: strings(identities) };
  } catch {
    return notJson(goSyntaxError(text));
  }
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function notJson(message: string): HerodotError {
  return { code: 400, reason: 'Invalid JSON body.', message };
}

/** Go's words for a text that is not JSON; those for a misspelt `null` are recorded, the others are in short. */
function goSyntaxError(text: string): string {
  const [first = '', second = ''] = text;
  if (first === 'n') return `invalid character '${second}' in literal null (expecting 'u')`;
  return `invalid character '${first}' looking for beginning of value`;
}

function problemOf({ action, sessions, identities }: ManageSessionsBody): HerodotError | undefined {
  const refuse = (reason: string) => ({ code: 400, reason });
  if (action !== 'disable' && action !== 'delete') {
    return refuse("The 'action' field must be one of 'disable' or 'delete'.");
  }
  if (identities.length > 0 === sessions.length > 0) {
    return refuse("Exactly one of 'identities' or 'sessions' must be a non-empty array.");
  }
  if (isEverybody(identities)) return undefined;
  const [field, ids] =
    sessions.length > 0 ? (['sessions', sessions] as const) : (['identities', identities] as const);
  const problem = problemOfIds(ids);
  return problem === undefined ? undefined : refuse(`Could not parse '${field}' field: ${problem}`);
}

function problemOfIds(ids: readonly string[]): string | undefined {
  if (ids.length > MAX_IDS) return `at most ${MAX_IDS} IDs may be provided per call`;
  const wrong = ids.find((id) => !isUuid(id));
  if (wrong === undefined) return undefined;
  if (wrong === EVERYBODY) return `the wildcard '${EVERYBODY}' is not accepted here`;
  return `could not parse ${JSON.stringify(wrong)} as UUID: ${uuidProblem(wrong)}`;
}

function isEverybody(identities: readonly string[]): boolean {
  return identities.length === 1 && identities[0] === EVERYBODY;
}

function matching({ action, sessions, identities }: ManageSessionsBody): Session[] {
  const named = new Set([...sessions, ...identities].map((id) => id.toLowerCase()));
  return [...store.sessions.values()].filter(
    (session) =>
      (isEverybody(identities) || named.has(session.id) || named.has(session.identityId)) &&
      (action === 'delete' || session.active),
  );
}

function apply(action: unknown, session: Session): void {
  if (action === 'delete') store.sessions.delete(session.id);
  else session.active = false;
}
