/** A visit to the gated site by a third-party client, as a program of its own. */
import { spawn } from 'node:child_process';
import { expect } from 'vitest';
import { readComplaints } from '../support/decision-lines.ts';
import { type RunningGate, startGate } from '../support/start-gate.ts';

/** The client's view of one step. */
interface Step {
  readonly status: number;
  readonly body: string;
}

/** The client's view, and the site's effects. */
export interface Visit {
  readonly steps: Readonly<Record<string, Step>>;
  /** The `Cookie` header that the client makes of its session. */
  readonly cookie: string;
}

/** The request as the site received it. */
interface Echo {
  readonly method: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly bodyLength: number;
}

/** Long enough for a Java compiler on a busy machine. */
export const VISIT_TIMEOUT_MS = 180_000;

/** A gate at its own address, with sign-in on the site itself. */
export function startSite(): Promise<RunningGate> {
  return startGate({
    vars: ({ gate }) => ({
      PUBLIC_URL: gate,
      SELF_SERVICE: true,
      IDENTITY_HEADERS: { 'X-User-Id': 'identity.id', 'X-User-Email': 'identity.traits.email' },
    }),
  });
}

/** Runs a client that prints one line for each step: name, status, body in base64. Rejects when it fails. */
export async function runClient(program: string, parameters: readonly string[]): Promise<Visit> {
  const child = spawn(program, parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let complaints = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    complaints += chunk;
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), VISIT_TIMEOUT_MS - 10_000);
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  clearTimeout(timer);
  if (code !== 0) throw new Error(`the client ended with ${code}\n${output}\n${complaints}`);
  const steps: Record<string, Step> = {};
  for (const line of output.trim().split('\n')) {
    const [name = '', status = '', body = ''] = line.split('\t');
    steps[name] = { status: Number(status), body: Buffer.from(body, 'base64').toString() };
  }
  return { steps, cookie: steps.cookie?.body ?? '' };
}

/**
 * Expects that a client signed in, asked whoami, read pages, sent a form, opened a WebSocket and signed out, and that
 * the site was told who it was and given no credential.
 */
export async function expectWholeVisit({ steps }: Visit, gate: RunningGate): Promise<void> {
  const statuses = Object.entries(steps).map(([name, { status }]) => [name, status]);
  expect(Object.fromEntries(statuses)).toEqual({
    anonymous: 401,
    flow: 200,
    'sign-in': 200,
    cookie: 0,
    whoami: 200,
    'site-cookies': 200,
    page: 200,
    head: 200,
    form: 200,
    'web-socket': 101,
    'sign-out-flow': 200,
    'sign-out': 204,
    'signed-out': 401,
  });
  const text = (name: string) => steps[name]?.body ?? '';
  const { identity } = JSON.parse(text('whoami'));
  expect(identity.traits.email).toBe('demo@example.com');
  expect(text('web-socket')).toBe('hello');
  const page = JSON.parse(text('page')) as Echo; // as the site's stand-in writes it
  const form = JSON.parse(text('form')) as Echo; // likewise
  expect([form.method, form.bodyLength]).toEqual(['POST', 'a=1&b=2'.length]);
  for (const { headers } of [page, form]) {
    const values = new Map(headers);
    expect(values.get('x-user-id')).toBe(identity.id);
    expect(values.get('x-user-email')).toBe('demo@example.com');
    expect(values.get('cookie')).toContain('theme=dark');
    expect(JSON.stringify(headers)).not.toContain('ory_kratos_session');
  }
  expect(await readComplaints(gate)).toEqual([]);
}
