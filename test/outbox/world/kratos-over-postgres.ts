/** Kratos's public API as far as a gate needs it, over the tables: whoami tells what is in the database. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type postgres from 'postgres';

export interface KratosServer extends AsyncDisposable {
  readonly url: string;
  /** Calls of whoami so far. */
  readonly calls: () => number;
}

/** Starts it on a free port of the loopback. */
export async function startKratos(sql: postgres.Sql): Promise<KratosServer> {
  let calls = 0;
  const server = createServer(async (request, response) => {
    const answer = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    if (!request.url?.startsWith('/sessions/whoami')) return answer(200, { status: 'ok' });
    calls += 1;
    try {
      const session = await whoami(sql, String(request.headers['x-session-token']));
      return session === undefined
        ? answer(401, {
            error: { code: 401, status: 'Unauthorized', message: 'No valid session.' },
          })
        : answer(200, session);
    } catch {
      return answer(500, { error: { code: 500, status: 'Internal Server Error' } });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A server that listens on TCP has an address with a port.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    calls: () => calls,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** As `session/handler.go`: an active session that has not expired, of an active identity. */
async function whoami(sql: postgres.Sql, token: string): Promise<object | undefined> {
  const [row] = await sql`
    SELECT s.id, s.active, s.aal, s.authentication_methods,
      s.expires_at AT TIME ZONE 'UTC' AS expires_at, s.issued_at AT TIME ZONE 'UTC' AS issued_at,
      s.authenticated_at AT TIME ZONE 'UTC' AS authenticated_at,
      i.id AS identity_id, i.traits, i.state, i.metadata_public, i.external_id,
      (SELECT json_agg(a) FROM identity_verifiable_addresses a WHERE a.identity_id = i.id) AS verifiable,
      (SELECT json_agg(a) FROM identity_recovery_addresses a WHERE a.identity_id = i.id) AS recovery,
      (SELECT count(*)::int FROM identity_credentials c WHERE c.identity_id = i.id) AS credentials,
      (SELECT max(version) FROM identity_credentials c WHERE c.identity_id = i.id) AS version
    FROM sessions s JOIN identities i ON i.id = s.identity_id WHERE s.token = ${token}`;
  if (row === undefined || !row.active || row.state !== 'active' || row.expires_at < new Date()) {
    return undefined;
  }
  return {
    id: row.id,
    active: true,
    expires_at: row.expires_at,
    authenticated_at: row.authenticated_at,
    authenticator_assurance_level: row.aal,
    authentication_methods: row.authentication_methods,
    issued_at: row.issued_at,
    identity: {
      id: row.identity_id,
      schema_id: 'default',
      schema_url: 'http://127.0.0.1/schemas/default',
      state: row.state,
      traits: row.traits,
      verifiable_addresses: row.verifiable ?? [],
      recovery_addresses: row.recovery ?? [],
      metadata_public: {
        ...row.metadata_public,
        credentials: row.credentials,
        version: row.version,
      },
      ...(row.external_id !== null && { external_id: row.external_id }),
    },
    devices: [],
  };
}
