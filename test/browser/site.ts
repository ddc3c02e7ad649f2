/** A site with the sign-in page of docs/sign-in-pages.md, behind two isolates of the gate, over TLS. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { createAuthority, createCertificate } from '../support/certificates.ts';
import { startNodeOrigin } from '../support/node-origin.ts';
import { inRepository } from '../support/repository.ts';
import type { Json } from '../support/runtime-worker.ts';
import { type RunningGate, startGate } from '../support/start-gate.ts';
import { type GateEdge, startGateEdge } from '../support/tls-ends.ts';
import { readWranglerFile } from '../support/wrangler-file.ts';

/** The host of the default PUBLIC_URL. */
export const HOST = 'app.example.test';
const SETUP = inRepository('docs/sign-in-pages/own-pages');
const FLOW_PAGES = ['login', 'registration', 'settings', 'recovery', 'verification'];

/** The site as browsers reach it. */
export interface Site extends AsyncDisposable {
  readonly gate: RunningGate;
  /** TLS in front of each isolate. */
  readonly edges: readonly [GateEdge, GateEdge];
}

/** A person with a password and an authenticator app. */
export interface Person {
  readonly id: string;
  readonly email: string;
  readonly password: string;
}

/** A session as the store has it. */
export interface StoredSession {
  readonly id: string;
  readonly active: boolean;
  readonly aal: string;
}

/**
 * Starts the site: the page and the rules of docs/sign-in-pages/own-pages, and an account page that names its visitor.
 * Kratos has `Secure` on its cookies and the hook `revoke_active_sessions` after `settings`, as in production. For the
 * same reason browsers reach the site by `https://`: at `http://localhost` they treat cookies and origins by exceptions.
 *
 * @param vars settings over those of the page's
 */
export async function startSite(vars: Readonly<Record<string, Json>> = {}): Promise<Site> {
  const { environment } = readWranglerFile(join(SETUP, 'wrangler.toml'));
  const { RULES, SELF_SERVICE, IDENTITY_HEADERS } = environment as Record<string, Json>; // TOML has no other values
  const origin = await startNodeOrigin(answerPage);
  const gate = await startGate({
    vars: { RULES, SELF_SERVICE, IDENTITY_HEADERS, ...vars },
    origin,
    isolates: 2,
  });
  await gate.kratos.control({ isDev: false, revokesAfter: ['settings'] });
  const folder = mkdtempSync(join(tmpdir(), 'postern-browser-'));
  const good = createCertificate(folder, createAuthority(folder, 'authority'), [HOST]);
  const edgeOf = (index: number) =>
    startGateEdge(0, { gatePort: gate.isolate(index).port, names: [HOST], good });
  const edges = [await edgeOf(0), await edgeOf(1)] as const;
  const dispose = async () => {
    for (const edge of edges) await edge[Symbol.asyncDispose]();
    await gate.dispose();
    await origin.close();
    rmSync(folder, { recursive: true });
  };
  return { gate, edges, [Symbol.asyncDispose]: dispose };
}

/** Creates a person at the stand-in. */
export async function createPerson({ kratos }: RunningGate): Promise<Person> {
  const id = randomUUID();
  const person = { id, email: `${id}@example.com`, password: 'a password from before' };
  const { email, password } = person;
  const answer = await fetch(`${kratos.url}/.standin/identities/${id}`, {
    method: 'PUT',
    body: JSON.stringify({ traits: { email }, password, totp: true }),
  });
  if (!answer.ok) throw new Error(`the stand-in answered ${answer.status}`);
  return person;
}

/** `GET /admin/identities/{id}/sessions` (Kratos `session/handler.go`), asked of the stand-in itself. */
const Listed = v.array(
  v.pipe(
    v.object({ id: v.string(), active: v.boolean(), authenticator_assurance_level: v.string() }),
    v.transform(({ id, active, authenticator_assurance_level: aal }) => ({ id, active, aal })),
  ),
);

/** Returns the sessions of a person that the store has, ended ones too. */
export async function readSessions(
  { kratos }: RunningGate,
  { id }: Person,
): Promise<StoredSession[]> {
  const answer = await fetch(`${kratos.url}/admin/identities/${id}/sessions`);
  return v.parse(Listed, await answer.json());
}

function answerPage({ url = '', headers }: IncomingMessage, response: ServerResponse): void {
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  const [path = ''] = url.split('?');
  if (path === '/account') response.end(accountPage(String(headers['x-user-id'])));
  else if (path === '/ui/welcome') response.end(page('Welcome', '<a href="/account">Account</a>'));
  else if (FLOW_PAGES.some((name) => path === `/ui/${name}`)) {
    response.end(readFileSync(join(SETUP, 'flow.html')));
  } else {
    response.statusCode = 404;
    response.end(page('Not found', ''));
  }
}

/** The id comes from Postern alone, so it needs no escape. */
function accountPage(userId: string): string {
  const links =
    '<a href="/ui/settings">Settings</a> <a href="/.postern/sessions">Your sessions</a>';
  return page('Account', `<p>Signed in as ${userId}</p><p>${links}</p>`);
}

function page(title: string, main: string): string {
  return `<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>${title}</title><h1>${title}</h1>${main}</html>`;
}
