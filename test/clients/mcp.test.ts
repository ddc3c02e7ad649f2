/**
 * The official MCP client against a gated MCP server. The client compares `resource` of the metadata with the URL that it
 * was given, asks the authorization server for exactly that resource, and steps up on `insufficient_scope`
 * (`client/auth.ts` and `client/streamableHttp.ts` of the package).
 */
import { ClientCredentialsProvider } from '@modelcontextprotocol/sdk/client/auth-extensions.js';
import { describe, expect, it } from 'vitest';
import { forAllTests } from '../support/for-all-tests.ts';
import { startNodeOrigin } from '../support/node-origin.ts';
import { startGate } from '../support/start-gate.ts';
import { answerMcp, callWhoami, connect, connectApplication, Person } from './mcp-visit.ts';

const USER = [{ type: 'text', text: 'user-1' }];

/** The host that `PUBLIC_URL` names, and one of `HOSTS`. */
const HOST_KINDS = ['first', 'second'] as const;

interface Place {
  readonly issuer: string;
  readonly first: string;
  readonly second: string;
}

describe.each([
  ['for the host', ''],
  ['for the host, with a slash at its end', '/'],
  ['for the MCP server’s own URL', '/mcp'],
])('a gated MCP server, with an audience %s', async (_, path) => {
  let place: Place = { issuer: '', first: '', second: '' };
  const origin = await forAllTests(startNodeOrigin((...call) => void answerMcp(...call)));
  const gate = await forAllTests(
    startGate({
      origin,
      vars: ({ gate: first, keycard: issuer }) => {
        const { port } = new URL(first);
        place = { issuer, first, second: `http://localhost:${port}` };
        const audience = [`${place.first}${path}`, `${place.second}${path}`];
        return {
          PUBLIC_URL: first,
          HOSTS: [`localhost:${port}`],
          ISSUERS: [
            { issuer, preset: 'keycard', audience, algorithms: ['RS256'], discovery: true },
          ],
          RULES: [
            { path: '/mcp', session: 'required', scopes: ['mcp'] },
            { path: '/mcp/read', session: 'required', scopes: ['read'] },
          ],
        };
      },
    }),
  );
  // The zone knows these resources alone, spelled exactly so.
  const resources = [`${place.first}${path}`, `${place.second}${path}`];
  await gate.keycard.control({ resources });

  it.each(HOST_KINDS)('signs a person in on the %s host', async (kind) => {
    const person = new Person();
    const client = await connect(`${place[kind]}/mcp`, person);
    expect(await callWhoami(client)).toEqual(USER);
    expect(person.authorizations).toEqual([{ resource: `${place[kind]}${path}`, scope: 'mcp' }]);
    await client.close();
  });

  it.each(HOST_KINDS)('steps up to the scope that a path needs on the %s host', async (kind) => {
    const person = new Person();
    await (await connect(`${place[kind]}/mcp`, person)).close();
    const client = await connect(`${place[kind]}/mcp/read`, person);
    expect(await callWhoami(client)).toEqual(USER);
    expect(person.authorizations.map(({ scope }) => scope)).toEqual(['mcp', 'read']);
    await client.close();
  });

  it.each(HOST_KINDS)('lets an application connect on the %s host', async (kind) => {
    const provider = new ClientCredentialsProvider({
      clientId: 'machine',
      clientSecret: 'secret',
      expectedIssuer: place.issuer,
      scope: 'mcp',
    });
    const client = await connectApplication(`${place[kind]}/mcp`, provider);
    expect(await callWhoami(client)).toEqual([{ type: 'text', text: 'app_machine' }]);
    await client.close();
  });
});
