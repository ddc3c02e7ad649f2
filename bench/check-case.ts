import { isDeepStrictEqual } from 'node:util';
import type { BenchCase } from './cases.ts';
import { type Answer, ask } from './client.ts';
import type { Fixtures } from './fixtures.ts';

/** Throws unless a case's Worker answers, lets through and refuses as it should. */
export async function checkCase(benchCase: BenchCase, port: number, fixtures: Fixtures) {
  const { path, expected } = benchCase;
  const headers = await headersOf(benchCase, fixtures);
  const send = (method: string, sent = headers) => ask({ port, path, headers: sent, method });
  await send('GET');
  const answer = await send('GET');
  if (answer.status !== expected.status || expected.answer?.(answer) === false) {
    throw unexpected(benchCase, `answers ${expected.status}`, answer);
  }
  if (expected.atOrigin !== undefined) {
    // The origin tells what it was sent when it is not asked by GET.
    const told = [await send('POST'), await send('POST')];
    for (const at of told) checkOrigin(benchCase, at, expected.atOrigin);
    const isKept = expected.atOrigin['x-session-assertion'] !== undefined && !expected.signsAnew;
    if (isKept && !isDeepStrictEqual(assertionOf(told[0]), assertionOf(told[1]))) {
      throw new Error(`${benchCase.name}: the assertion is not reused`);
    }
  }
  if (expected.refused !== undefined) {
    const refused = await send('GET', expected.refused);
    if (refused.status !== 401)
      throw unexpected(benchCase, 'refuses without a valid credential', refused);
  }
}

async function headersOf({ headers }: BenchCase, fixtures: Fixtures) {
  if (headers !== 'fresh-tokens') return headers;
  const [token = ''] = await fixtures.freshTokens(1);
  return { Authorization: `Bearer ${token}` };
}

function checkOrigin(
  benchCase: BenchCase,
  answer: Answer,
  wanted: Readonly<Record<string, RegExp | undefined>>,
): void {
  const arrived = answer.status === 200 ? headersIn(answer) : {};
  for (const [name, pattern] of Object.entries(wanted)) {
    const value = arrived[name];
    const isAsWanted = pattern === undefined ? value === undefined : pattern.test(value ?? '');
    if (!isAsWanted) throw unexpected(benchCase, `sends the origin its ${name}`, answer);
  }
}

function assertionOf(answer: Answer | undefined): string | undefined {
  return answer && headersIn(answer)['x-session-assertion'];
}

function headersIn({ body }: Answer): Record<string, string> {
  return JSON.parse(body) as Record<string, string>; // bench/workers/origin.js
}

function unexpected({ name }: BenchCase, what: string, { status, headers, body }: Answer): Error {
  const got = `${status} ${String(headers['cache-status'] ?? '')} ${body.slice(0, 600)}`;
  return new Error(`${name}: expected that it ${what}; got ${got}`);
}
