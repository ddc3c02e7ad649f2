import * as v from 'valibot';
import { goJson } from './answers.ts';
import { herodotError } from './herodot-error.ts';
import type { KratosContext } from './public-url.ts';
import type { Session } from './session.ts';
import { store } from './store.ts';

const Uuid = v.pipe(v.string(), v.uuid());

/** `POST /admin/sessions`: either sessions or identities, never both; `*` means all identities. */
const ManageSessionsBody = v.object({
  action: v.picklist(['disable', 'delete']),
  sessions: v.optional(v.array(Uuid)),
  identities: v.optional(v.array(v.union([Uuid, v.literal('*')]))),
});
type ManageSessionsBody = v.InferOutput<typeof ManageSessionsBody>;

const MAX_IDS = 500;

/** `POST /admin/sessions`: how many rows were changed, and whether there are more to change. */
export async function manageSessions(c: KratosContext): Promise<Response> {
  const body: unknown = await c.req.json().catch(() => undefined);
  const parsed = v.safeParse(ManageSessionsBody, body);
  if (!parsed.success) return badRequest(c, v.summarize(parsed.issues));
  const problem = problemOf(parsed.output);
  if (problem !== undefined) return badRequest(c, problem);
  const wanted = matching(parsed.output);
  const now = wanted.slice(0, store.settings.bulkRowsPerCall);
  for (const session of now) apply(parsed.output.action, session);
  return goJson({ processed: now.length, more: wanted.length > now.length });
}

function problemOf({ sessions, identities }: ManageSessionsBody): string | undefined {
  const ids = sessions ?? identities;
  if (ids === undefined || (sessions && identities)) return 'give either sessions or identities';
  if (ids.length === 0 || ids.length > MAX_IDS) return `give 1 to ${MAX_IDS} ids`;
  if (ids.includes('*') && ids.length > 1) return 'the wildcard stands alone';
  return undefined;
}

function matching({ action, sessions, identities = [] }: ManageSessionsBody): Session[] {
  const isNamed = (session: Session) =>
    sessions
      ? sessions.includes(session.id)
      : identities[0] === '*' || identities.includes(session.identityId);
  return [...store.sessions.values()].filter(
    (session) => isNamed(session) && (action === 'delete' || session.active),
  );
}

function apply(action: ManageSessionsBody['action'], session: Session): void {
  if (action === 'delete') store.sessions.delete(session.id);
  else session.active = false;
}

function badRequest(c: KratosContext, reason: string): Response {
  return herodotError(c.req.raw, { code: 400, reason });
}
