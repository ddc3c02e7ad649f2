/**
 * npm run bench:memory [-- --sessions 10000]
 *
 * The memory of cached sessions alone: the figures that `npm run bench` measures after its cases.
 */
import { readCommandLine, readWholeNumber } from '../cli/command-line.ts';
import { createFixtures } from './fixtures.ts';
import { measureMemory } from './memory.ts';

const { values } = readCommandLine('usage: npm run bench:memory [-- --sessions 10000]', {
  options: { sessions: { type: 'string', default: '10000' } },
});
const sessions = readWholeNumber('sessions', values.sessions, 20_000);
console.log(await measureMemory(await createFixtures(Date.now()), { sessions }));
