/** A server in front of another that alters its answers, to show that a test notices it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

interface Answer {
  status: number;
  headers: Headers;
  body: string;
}

export interface Alteration {
  readonly name: string;
  alter(answer: Answer): void;
}

type Document = Record<string, unknown>;

/** Alters every document in an answer, from the outer ones to the inner ones. */
function altering(name: string, change: (document: Document) => void): Alteration {
  const visit = (_: string, value: unknown) => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      change(value as Document); // a JSON object
    }
    return value;
  };
  return {
    name,
    alter: (answer) => {
      if (answer.body !== '') answer.body = JSON.stringify(JSON.parse(answer.body, visit));
    },
  };
}

export function replacing(name: string, member: string, value: unknown): Alteration {
  return altering(name, (document) => {
    if (Object.hasOwn(document, member)) document[member] = value;
  });
}

/** A session whose expiry is no time, which the SDK's strict types refuse. */
export const NO_TIME = replacing('a text in place of a time', 'expires_at', 'soon');

export const ALTERATIONS: readonly Alteration[] = [
  NO_TIME,
  replacing('a parent that is not shown', 'parent_id', undefined),
  replacing('a member of tomorrow left out', 'a_member_of_tomorrow', undefined),
  replacing('no cursor to a next page', 'after_cursor', null),
  replacing('another total', 'total_count', 0),
  replacing('another code of an error', 'code', 'other'),
  altering('null for a member that is not there', (document) => {
    if (Object.hasOwn(document, 'session_type')) document.provider_id ??= null;
  }),
  {
    name: 'another time until the next try',
    alter: ({ headers }) => {
      if (headers.has('retry-after-ms')) headers.set('retry-after-ms', '6');
    },
  },
  {
    name: '404 in place of 403',
    alter: (answer) => {
      if (answer.status === 403) answer.status = 404;
    },
  },
];

export interface AlteringProxy extends AsyncDisposable {
  readonly url: string;
}

export async function startAlteringProxy(
  target: string,
  { alter }: Alteration,
): Promise<AlteringProxy> {
  const server = createServer(async (request, response) => {
    const { method = 'GET', url = '/', headers } = request;
    const body = await text(request);
    const sent = await fetch(`${target}${url}`, {
      method,
      headers: {
        authorization: headers.authorization ?? '',
        'content-type': headers['content-type'] ?? '',
      },
      ...(body !== '' && { body }),
    });
    const { status } = sent;
    const answer = { status, headers: new Headers(sent.headers), body: await sent.text() };
    alter(answer);
    for (const name of ['content-length', 'transfer-encoding']) answer.headers.delete(name);
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // of a TCP server
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
