/** Calls every session method of Keycard's SDK, at Keycard's stand-in or through Postern. */
import type { KeycardStandin } from '../../gateway/session-api/start-session-api.ts';
import type { ApiSdk, ApiSdkAnswer, Parameters, Way } from './api-sdk.ts';
import { createSessions, type SessionIds } from './visit-sessions.ts';

/** The bearers of a caller. */
export interface VisitKeys {
  readonly zone1: string;
  readonly zone2: string;
}

/** One call of a visit, with its answer. */
export interface VisitStep {
  readonly name: string;
  readonly method: string;
  readonly parameters: readonly string[];
  /** The calls that reached the session itself, or the list. */
  readonly calls: number;
  readonly answer: ApiSdkAnswer;
}

export interface VisitOptions {
  /** The statuses with which Keycard refuses calls of the visit. */
  readonly refusals: readonly number[];
  readonly sdk: ApiSdk;
  readonly way: Way;
  readonly keys: VisitKeys;
  /** The stand-in behind it all. */
  readonly keycard: KeycardStandin;
}

const HTTP_METHODS: Readonly<Record<string, string>> = {
  list: 'GET',
  retrieve: 'GET',
  update: 'PATCH',
  delete: 'DELETE',
};
const REVOKED = { status: 'revoked' };

/** Makes the calls of a visit and keeps their answers. */
export class Visit {
  readonly steps: VisitStep[] = [];
  readonly keycard: KeycardStandin;
  readonly #options: VisitOptions;
  /** The ids of the sessions, by their names. */
  sessions: SessionIds = {};

  constructor(options: VisitOptions) {
    this.#options = options;
    this.keycard = options.keycard;
  }

  async begin(): Promise<void> {
    await this.keycard.reset();
    await this.keycard.forgetSessions();
    this.sessions = await createSessions(this.keycard);
  }

  id(name: string): string {
    return this.sessions[name] ?? name;
  }

  list(name: string, parameters: Parameters = {}, options: CallOptions = {}) {
    return this.#call(`list ${name}`, 'list', parameters, options);
  }

  /** Calls a method that is about one session, given by its name in the visit. */
  one(method: string, session: string, options: CallOptions & { readonly status?: string } = {}) {
    const status = options.status === undefined ? {} : { status: options.status };
    const parameters = { id: this.id(session), ...status };
    return this.#call(`${method} ${session}`, method, parameters, options);
  }

  async #call(name: string, method: string, parameters: Parameters, options: CallOptions) {
    const { zone = 'zone-1', retries = 0 } = options;
    const { sdk, way, keys } = this.#options;
    const id = parameters.id === undefined ? '' : `/${parameters.id}`;
    const path = `/zones/${zone}/sessions${id}`;
    await this.keycard.clearCalls();
    const all = { ...parameters, zone_id: zone };
    const answer = await sdk.call({
      ...way,
      method,
      parameters: all,
      api_key: options.key ?? (zone === 'zone-2' ? keys.zone2 : keys.zone1),
      max_retries: retries,
    });
    const counts = await this.keycard.counts();
    const calls = counts[`${HTTP_METHODS[method]} ${path}`] ?? 0;
    this.steps.push({ name, method, parameters: Object.keys(all), calls, answer });
    return answer;
  }
}

interface CallOptions {
  readonly zone?: string;
  readonly retries?: number;
  /** A bearer in place of the caller's. */
  readonly key?: string;
}

/** Makes all calls. Sessions and settings of the stand-in are made anew, the same for every visit. */
export async function visit(options: VisitOptions): Promise<Visit> {
  const made = new Visit(options);
  await made.begin();
  await readLists(made);
  await readPages(made);
  await readSessions(made);
  await readOtherDocuments(made);
  await meetRefusals(made, options.refusals);
  await retry(made);
  await endSessions(made);
  await options.keycard.reset();
  return made;
}

async function readLists(visit: Visit): Promise<void> {
  await visit.list('of entry sessions');
  await visit.list('of active sessions, by the older parameter', { active: 'true' });
  for (const status of ['active', 'expired', 'revoked']) await visit.list(status, { status });
  for (const session_type of ['user', 'application']) {
    await visit.list(session_type, { session_type });
    await visit.list(`${session_type}, nested`, { session_type, include_nested: 'true' });
  }
  await visit.list('of a user', { user_id: 'user-1' });
  await visit.list('of an unknown user', { user_id: 'user-9' });
  await visit.list('with nested sessions', { include_nested: 'true' });
  await visit.list('with its total', { expand: 'total_count' });
  await visit.list('with its total, in a list', { expand: ['total_count'], limit: 1 });
  await visit.list('of the other zone', { include_nested: 'true' }, { zone: 'zone-2' });
  await visit.list('by all parameters', {
    active: 'true',
    status: 'active',
    session_type: 'user',
    user_id: 'user-1',
    include_nested: 'true',
    limit: 100,
    expand: ['total_count'],
  });
}

/** All pages forwards by `after`, and back by `before`. */
async function readPages(visit: Visit): Promise<void> {
  const page = (name: string, cursor: object) =>
    visit.list(name, { include_nested: 'true', limit: 2, ...cursor });
  let answer = await page('the first page', {});
  for (let after = cursorsOf(answer).after_cursor; after; ) {
    answer = await page('a next page', { after });
    after = cursorsOf(answer).after_cursor;
  }
  for (let before = cursorsOf(answer).before_cursor; before; ) {
    answer = await page('a page before', { before });
    before = cursorsOf(answer).before_cursor;
  }
}

function cursorsOf({ result }: ApiSdkAnswer): Cursors {
  // The SDK's strict types have checked it.
  const document = result?.document as { readonly pagination?: Cursors } | undefined;
  return document?.pagination ?? {};
}
interface Cursors {
  readonly after_cursor?: string | null;
  readonly before_cursor?: string | null;
}

async function readSessions(visit: Visit): Promise<void> {
  for (const name of Object.keys(visit.sessions)) {
    const zone = name.endsWith('in zone-2') ? 'zone-2' : 'zone-1';
    await visit.one('retrieve', name, { zone });
  }
  await visit.one('retrieve', 'web in zone-2', { zone: 'zone-1' });
  await visit.one('retrieve', 'unknown');
}

/** Documents with only the required members, and with all that there can be. */
async function readOtherDocuments(visit: Visit): Promise<void> {
  for (const settings of [
    { optional: 'absent' },
    { optional: 'present', expand: ['application', 'user', 'user_agent'] },
  ]) {
    await visit.keycard.control(settings);
    await visit.list(`with ${JSON.stringify(settings)}`, { include_nested: 'true' });
    for (const name of ['web', 'child', 'application']) await visit.one('retrieve', name);
  }
  await visit.keycard.reset();
}

async function meetRefusals(visit: Visit, statuses: readonly number[]): Promise<void> {
  await visit.list('by an unknown bearer', {}, { key: 'aa.bb.cc' });
  await visit.one('update', 'web', { ...REVOKED, key: 'aa.bb.cc' });
  await visit.list('with more than a page', { limit: 101 });
  await visit.list('after an unknown cursor', { after: 'unknown' });
  await visit.list('after a long cursor', { after: 'x'.repeat(256) });
  await visit.one('update', 'web', { status: 'active' });
  for (const status of statuses) {
    const answering = (...methods: string[]) =>
      visit.keycard.control({ answers: answersFor(visit.id('web'), methods, refusal(status)) });
    await answering('GET');
    await visit.list(`answered ${status}`);
    await visit.one('retrieve', 'web');
    // Postern reads the session before it ends it.
    await answering('PATCH', 'DELETE');
    await visit.one('update', 'web', REVOKED);
    await visit.one('delete', 'web');
  }
  await visit.keycard.reset();
}

/** The SDK tries again as the headers say, or as the status says without them. */
async function retry(visit: Visit): Promise<void> {
  const soon = { 'retry-after-ms': '5' };
  for (const answer of [
    refusal(429, { ...soon }, 1),
    refusal(429, { 'retry-after': '0.01' }, 1),
    refusal(429, { ...soon, 'x-should-retry': 'false' }),
    refusal(400, { ...soon, 'x-should-retry': 'true' }, 2),
    refusal(408, soon, 1),
    refusal(409, soon, 2),
    refusal(503, soon, 3),
    refusal(404, soon, 1),
  ]) {
    const again = async (method: string, call: () => Promise<unknown>) => {
      await visit.keycard.control({ answers: answersFor(visit.id('web'), [method], answer) });
      await call();
    };
    await again('GET', () => visit.list('with retries', {}, { retries: 2 }));
    await again('GET', () => visit.one('retrieve', 'web', { retries: 2 }));
  }
  const answers = answersFor(visit.id('retried'), ['PATCH', 'DELETE'], refusal(503, soon, 1));
  await visit.keycard.control({ answers });
  await visit.one('update', 'retried', { ...REVOKED, retries: 2 });
  await visit.one('delete', 'retried', { retries: 2 });
  await visit.keycard.reset();
}

function refusal(status: number, headers: Readonly<Record<string, string>> = {}, times?: number) {
  const body = { message: `a ${status}`, code: `code_${status}`, status };
  const all = { 'content-type': 'application/json', 'x-request-id': `${status}`, ...headers };
  return { status, body, headers: all, ...(times !== undefined && { times }) };
}

function answersFor(id: string, methods: readonly string[], answer: ReturnType<typeof refusal>) {
  const path = '/zones/zone-1/sessions';
  const paths = methods.flatMap((method) => [`${method} ${path}`, `${method} ${path}/${id}`]);
  return Object.fromEntries(paths.map((name) => [name, { ...answer }]));
}

async function endSessions(visit: Visit): Promise<void> {
  await visit.one('update', 'child', REVOKED);
  await visit.one('retrieve', 'grandchild');
  await visit.one('update', 'child', REVOKED);
  await visit.one('update', 'application', REVOKED);
  await visit.one('update', 'expired', REVOKED);
  await visit.one('update', 'web in zone-2', { ...REVOKED, zone: 'zone-2' });
  await visit.list('after revocations', { include_nested: 'true', expand: 'total_count' });
  await visit.one('delete', 'web');
  await visit.one('delete', 'web');
  await visit.one('update', 'web', REVOKED);
  await visit.one('retrieve', 'other child');
  await visit.one('delete', 'application in zone-2', { zone: 'zone-2' });
  await visit.one('delete', 'unknown');
  await visit.keycard.control({ revokedAgain: 'session' });
  await visit.one('update', 'child', REVOKED);
  await visit.keycard.control({ optional: 'absent' });
  await visit.one('update', 'minimal', REVOKED);
  await visit.one('delete', 'minimal application');
}
