import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { BenchCase } from '../../bench/cases.ts';
import { checkCase } from '../../bench/check-case.ts';
import { createFixtures, type Fixtures } from '../../bench/fixtures.ts';

/** The server's answer to every request, and the headers that its origin received. */
interface Behaviour {
  status: number;
  body: string;
  forwarded: () => Record<string, string>;
}

let server: Server;
let fixtures: Fixtures;
let behaviour: Behaviour;

beforeEach(async () => {
  fixtures = await createFixtures(Date.UTC(2026, 5, 3));
  behaviour = { status: 200, body: 'well', forwarded: () => ({ 'x-user-id': 'ada' }) };
  server = createServer((request, response) => {
    response.statusCode =
      request.headers.authorization === 'Bearer forged' ? 401 : behaviour.status;
    response.end(request.method === 'GET' ? behaviour.body : JSON.stringify(behaviour.forwarded()));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function check(expected: Partial<BenchCase['expected']>) {
  const wanted = {
    name: 'a-case',
    worker: 'w',
    path: '/',
    headers: {},
    expected: { status: 200, answer: ({ body }: { body: string }) => body === 'well', ...expected },
  };
  return checkCase(wanted, (server.address() as AddressInfo).port, fixtures); // it listens at a port
}

test('checkCase() accepts the expected answers', async () => {
  const refused = { Authorization: 'Bearer forged' };
  const atOrigin = { 'x-user-id': /^ada$/, authorization: undefined };
  await expect(check({ atOrigin, refused })).resolves.toBeUndefined();
});

test('checkCase() finds an error page by its status and a wrong page by its body', async () => {
  behaviour.body = 'something else';
  await expect(check({})).rejects.toThrow('a-case');
  behaviour = { ...behaviour, status: 503, body: 'well' };
  await expect(check({})).rejects.toThrow('503');
});

test('checkCase() finds an identity that the origin lacks, and a credential that it received', async () => {
  await expect(check({ atOrigin: { 'x-user-id': /^bob$/ } })).rejects.toThrow('x-user-id');
  await expect(check({ atOrigin: { 'x-user-id': undefined } })).rejects.toThrow('x-user-id');
});

test('checkCase() finds an assertion that is not reused', async () => {
  let count = 0;
  behaviour.forwarded = () => ({ 'x-session-assertion': String(count++) });
  await expect(check({ atOrigin: { 'x-session-assertion': /^\d$/ } })).rejects.toThrow('reused');
});

test('checkCase() finds an accepted forged token', async () => {
  const refused = { Authorization: 'Bearer another' };
  await expect(check({ refused })).rejects.toThrow('expected that it refuses');
});
