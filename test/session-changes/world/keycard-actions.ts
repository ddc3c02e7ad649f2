import { type Action, type Dependencies, GUARDED, isDone, JSON_TYPE, type Who } from './action.ts';
import type { RequestHeaders } from './people.ts';

const KEYCARD_PEOPLE = ['user', 'agent', 'elsewhere', 'application', 'bystander'] as const;

/** Changes by Keycard's session routes. */
export const KEYCARD_ACTIONS: readonly Action[] = [
  ending('PATCH', 'user', ['user', 'agent'], 'the guard'),
  ending('DELETE', 'user', ['user', 'agent'], 'the guard'),
  ending('DELETE', 'user', ['user', 'agent'], 'a bearer'),
  ending('DELETE', 'agent', ['agent'], 'a bearer'),
  ending('PATCH', 'application', ['application'], 'the guard'),
];

function ending(
  method: 'PATCH' | 'DELETE',
  ends: Who,
  over: readonly (typeof KEYCARD_PEOPLE)[number][],
  by: 'the guard' | 'a bearer',
): Action {
  return {
    name: `${method} /zones/{z}/sessions/{id} of the ${ends}, by ${by}`,
    guests: [...KEYCARD_PEOPLE, 'stranger'],
    over,
    renewed: [],
    untouched: [...KEYCARD_PEOPLE.filter((who) => !over.includes(who)), 'stranger'],
    // A retry of a deletion finds no session, and a retry of a revocation finds it revoked.
    isSuccess: (status) => isDone(status) || status === (method === 'DELETE' ? 404 : 409),
    async prepare(people, surroundings) {
      const path = `/zones/${surroundings.zoneId}/sessions/${people[ends].id}`;
      const headers = by === 'the guard' ? GUARDED : await issueBearer(surroundings);
      const body = method === 'PATCH' ? { body: '{"status":"revoked"}' } : {};
      return () => ({ path, init: { method, headers: { ...headers, ...JSON_TYPE }, ...body } });
    },
  };
}

async function issueBearer({ keycardStandin, zoneId }: Dependencies): Promise<RequestHeaders> {
  const made = await keycardStandin('POST', 'bearers', { zoneId });
  const { bearer } = (await made.json()) as { bearer: string };
  return { authorization: `Bearer ${bearer}` };
}
