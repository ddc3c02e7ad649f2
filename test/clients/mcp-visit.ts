/** A visit to a gated MCP server by the official MCP client, which finds the authorization server by itself. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type OAuthClientProvider,
  UnauthorizedError,
} from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type {
  OAuthClientInformationMixed,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';

const REDIRECT_URL = 'http://127.0.0.1:1/callback'; // never called: the visit reads the code from the redirect

/** An MCP server without sessions: each request gets a server of its own. Its tool returns the gate's header. */
export async function answerMcp(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const server = new McpServer({ name: 'gated', version: '1' });
  server.registerTool('whoami', {}, () => ({
    content: [{ type: 'text', text: String(request.headers['x-user-id']) }],
  }));
  const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
  response.on('close', () => void server.close());
  await server.connect(asTransport(transport));
  await transport.handleRequest(request, response);
}

/** The authorization requests of the client, one for each time it sent the person there. */
export interface Authorization {
  readonly resource: string | null;
  readonly scope: string | null;
}

/** A person's MCP client, which keeps its tokens in memory. */
export class Person implements OAuthClientProvider {
  readonly redirectUrl = REDIRECT_URL;
  readonly clientMetadata = { redirect_uris: [REDIRECT_URL], client_name: 'visit' };
  readonly authorizations: Authorization[] = [];
  code: string | undefined;
  #client: OAuthClientInformationMixed | undefined;
  #tokens: OAuthTokens | undefined;
  #verifier = '';

  state = () => randomUUID();
  clientInformation = () => this.#client;
  saveClientInformation = (client: OAuthClientInformationMixed) => {
    this.#client = client;
  };
  tokens = () => this.#tokens;
  saveTokens = (tokens: OAuthTokens) => {
    this.#tokens = tokens;
  };
  saveCodeVerifier = (verifier: string) => {
    this.#verifier = verifier;
  };
  codeVerifier = () => this.#verifier;

  /** Goes where the browser would go, and reads the code from the way back. */
  async redirectToAuthorization(url: URL): Promise<void> {
    const { searchParams } = url;
    const [resource, scope] = [searchParams.get('resource'), searchParams.get('scope')];
    this.authorizations.push({ resource, scope });
    const response = await fetch(url, { redirect: 'manual' });
    const back = new URL(response.headers.get('location') ?? '', url).searchParams;
    this.code = back.get('code') ?? undefined;
    if (this.code === undefined) throw new Error(`no code: ${response.status} ${back}`);
  }
}

/** Connects the client. If the server asks for it, the person signs in or steps up first. */
export async function connect(url: string, person: Person): Promise<Client> {
  const transport = transportTo(url, person);
  try {
    return await open(transport);
  } catch (error) {
    if (!(error instanceof UnauthorizedError)) throw error;
  }
  await transport.finishAuth(person.code ?? '');
  return open(transportTo(url, person));
}

/** Connects the client of an application, which needs no person. */
export function connectApplication(url: string, provider: OAuthClientProvider): Promise<Client> {
  return open(transportTo(url, provider));
}

/** Calls the server's tool. */
export async function callWhoami(client: Client): Promise<unknown> {
  const { content } = await client.callTool({ name: 'whoami' });
  return content;
}

async function open(transport: StreamableHTTPClientTransport): Promise<Client> {
  const client = new Client({ name: 'visit', version: '1' });
  await client.connect(asTransport(transport));
  return client;
}

function transportTo(
  url: string,
  authProvider: OAuthClientProvider,
): StreamableHTTPClientTransport {
  return new StreamableHTTPClientTransport(new URL(url), { authProvider });
}

/** The package's own classes do not fit its interface under `exactOptionalPropertyTypes`. */
function asTransport(
  transport: StreamableHTTPClientTransport | StreamableHTTPServerTransport,
): Transport {
  return transport as Transport; // the classes implement it
}
