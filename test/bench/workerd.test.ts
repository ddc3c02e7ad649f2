import { expect, test } from 'vitest';
import { ask } from '../../bench/client.ts';
import { type BenchWorker, startWorkerd } from '../../bench/workerd.ts';

const WORKER: BenchWorker = {
  name: 'one',
  code: `export default { fetch() { return new Response('default'); } };
export const second = { fetch() { return new Response('second'); } };`,
  isTarget: true,
  entrypoints: ['second'],
};

test('each socket has a port of its own: a Worker’s, and those of its entrypoints', async () => {
  const running = await startWorkerd([WORKER, { ...WORKER, name: 'two', entrypoints: [] }]);
  const bodies = Object.entries(running.ports).map(async ([name, port]) => {
    return `${name}: ${(await ask({ port, path: '/' })).body}`;
  });
  expect(await Promise.all(bodies)).toEqual(['one: default', 'one#second: second', 'two: default']);
  await running.stop();
});

test('a workerd that does not start is reported with its exit code and its complaint', async () => {
  const starting = startWorkerd([{ ...WORKER, code: 'no JavaScript' }]);
  await expect(starting).rejects.toThrow(/did not start.*exit code 1[\s\S]*SyntaxError/);
});

test('a workerd that ended is reported with its signal', async () => {
  const running = await startWorkerd([WORKER]);
  process.kill(running.pid, 'SIGKILL');
  expect(await running.ended()).toMatch(/^workerd ended with signal SIGKILL/);
  await running.stop();
});
