import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFixtures, type Fixtures } from '../../bench/fixtures.ts';
import { type Requests, sessionCookie, storeRequests } from '../../bench/peers/peers.ts';
import { prove } from '../../bench/peers/prove.ts';

const PAGE = JSON.stringify({ filler: 'x'.repeat(1011) });
const IDENTITY = 'b8f5a3de-31c0-4bb4-8f4d-000000000001';

let server: Server;
let fixtures: Fixtures;
/** Whether the gate lets a request pass. */
let passes: (request: IncomingMessage) => boolean;
/** Headers that the gate sends the origin. */
let forwarded: Record<string, string>;

beforeEach(async () => {
  fixtures = await createFixtures(Date.UTC(2026, 5, 3));
  passes = ({ headers }) => headers.cookie === sessionCookie(1);
  forwarded = { 'x-user-id': IDENTITY };
  server = createServer((request, response) => {
    response.statusCode = passes(request) ? 200 : 401;
    response.end(request.method === 'GET' ? PAGE : JSON.stringify(forwarded));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function proof(requests: Requests = gateRequests()) {
  return prove({ name: 'Gate', requests }, fixtures);
}

function gateRequests(): Requests {
  const place = { port: (server.address() as AddressInfo).port }; // it listens at a port
  return storeRequests(place, place, 'x-user-id');
}

test('prove() accepts a gate that lets the session pass, and no request besides', async () => {
  await expect(proof()).resolves.toBeUndefined();
});

test('prove() finds a gate that lets every request pass', async () => {
  passes = () => true;
  await expect(proof()).rejects.toThrow('Gate, gate by cookie: expected that it refuses');
});

test('prove() finds a gate that asks for a cookie and does not check it', async () => {
  passes = ({ headers }) => headers.cookie !== undefined;
  await expect(proof()).rejects.toThrow('Gate, gate by cookie: expected that it refuses');
});

test('prove() finds a gate that sends the origin no identity, or that of somebody else', async () => {
  forwarded = {};
  await expect(proof()).rejects.toThrow('sends the origin its x-user-id');
  forwarded = { 'x-user-id': IDENTITY.replace(/1$/, '2') };
  await expect(proof()).rejects.toThrow('sends the origin its x-user-id');
});

test('prove() asks a floor for no refusal', async () => {
  passes = () => true;
  const { 'gate by cookie': gate } = gateRequests();
  if (gate === undefined) throw new Error('no gate');
  const floor = { 'gate by cookie': { ...gate, refusals: [] } };
  await expect(proof(floor)).resolves.toBeUndefined();
});
