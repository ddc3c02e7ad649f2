/** Interleaved rounds of counted requests: the instructions that each case costs. */
import type { CountedWorkerd } from './callgrind.ts';
import type { BenchCase } from './cases.ts';
import { checkCase } from './check-case.ts';
import { askMany } from './client.ts';
import type { Fixtures } from './fixtures.ts';
import { CONNECTIONS } from './load.ts';

/** Instructions per request of each round, by the case's name. */
export type CountedRounds = ReadonlyMap<string, readonly number[]>;

/** V8 compiles small functions late: some after 10,000 requests. After so many turns, in the order of the rounds, it rests. */
const WARM_UP_TURNS = 120;
const REQUESTS_OF_A_TURN = 100;
/** The first collection finds the garbage of the warm-up, and the next one costs more than those after it. */
const COLLECTIONS_BEFORE = 2;
export const REQUESTS = 300;

/** Throws when an answer is not what it should be: before the first round, in any, or after the last. */
export async function countCases(
  cases: readonly BenchCase[],
  workerd: CountedWorkerd,
  fixtures: Fixtures,
  rounds: number,
): Promise<CountedRounds> {
  const { ports } = workerd.running;
  const load = async (one: BenchCase, requests: number) => {
    const sent = await headersFor(one, requests, fixtures);
    const question = (headers: Readonly<Record<string, string>>) => ({
      port: ports[one.worker] ?? 0,
      path: one.path,
      headers,
    });
    return async () => {
      const answers = await askMany(sent, question, CONNECTIONS);
      const wrong = answers.find(({ status }) => status !== one.expected.status);
      if (wrong !== undefined) throw new Error(`${one.name}: one answer was ${wrong.status}`);
    };
  };
  const checkAll = async () => {
    for (const one of cases) await checkCase(one, ports[one.worker] ?? 0, fixtures);
  };
  await checkAll();
  for (let turn = 0; turn < WARM_UP_TURNS; turn += 1) {
    for (const one of cases) await (await load(one, REQUESTS_OF_A_TURN))();
  }
  workerd.startCounting();
  for (let turn = 0; turn < COLLECTIONS_BEFORE; turn += 1) {
    for (const one of cases) {
      await workerd.count(one.worker, await load(one, REQUESTS_OF_A_TURN));
    }
  }
  const counted = new Map(cases.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round += 1) {
    for (const one of cases) {
      const instructions = await workerd.count(one.worker, await load(one, REQUESTS));
      counted.get(one.name)?.push(instructions / REQUESTS);
    }
  }
  await checkAll();
  return counted;
}

/** The headers of each request. Unseen tokens are signed before the requests are counted. */
async function headersFor(
  { headers }: BenchCase,
  requests: number,
  fixtures: Fixtures,
): Promise<readonly Readonly<Record<string, string>>[]> {
  if (headers !== 'fresh-tokens') return Array.from({ length: requests }, () => headers);
  const tokens = await fixtures.freshTokens(requests);
  return tokens.map((token) => ({ Authorization: `Bearer ${token}` }));
}
