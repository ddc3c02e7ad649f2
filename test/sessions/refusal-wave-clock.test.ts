import { expect, it } from 'vitest';
import { NO_REQUIREMENT } from '../../src/sessions/freshness.ts';
import { createWorld, credential, NO, T, yes } from './sessions-world.ts';

it('a wave holds its first refusal, although the clock moves before that refusal is noted', async () => {
  const world = createWorld();
  const people = ['a', 'b'].map((name) => ({
    answer: yes({ id: `session-${name}`, identityId: `identity-${name}` }),
    credential: { ...credential, value: credential.value.replace(/^.{6}/, `ory_${name}_`) },
  }));
  const resolve = (person: (typeof people)[number]) =>
    world.sessions.resolve(person.credential, NO_REQUIREMENT, world.waitUntil);
  for (const person of people) {
    world.answer = person.answer;
    expect((await resolve(person)).outcome).toBe('signed-in');
  }
  let reads = 0;
  Object.defineProperty(world, 'now', { get: () => T + 35_000 + reads++ }); // each reading is a millisecond later
  world.answer = NO;
  await Promise.all(people.map(resolve)); // served, and checked in the background
  await world.settle();
  for (const person of people) {
    const { outcome, provenance } = await resolve(person);
    expect([outcome, provenance.fault]).toEqual(['signed-in', 'refusal-wave']);
  }
});
