import type { KratosPerson, People, RequestHeaders } from './people.ts';

export type Who = keyof People;
type Standin = (method: string, path: string, body?: object) => Promise<Response>;
type Ask = (path: string, init?: RequestInit) => Promise<Response>;

/** Ways to the stores past the gate, and the way through it. */
export interface Dependencies {
  readonly kratosStandin: Standin;
  readonly keycardStandin: Standin;
  readonly kratos: Ask;
  readonly gate: Ask;
  readonly zoneId: string;
}

export interface Sent {
  readonly path: string;
  readonly init: RequestInit;
}

/** A request that changes sessions, by one route of the session API. */
export interface Action {
  readonly name: string;
  /** People whose clients send requests all the time. */
  readonly guests: readonly Who[];
  /** People whose session ends with its success. */
  readonly over: readonly Who[];
  /** People who are shown with a new address from then on. */
  readonly renewed: readonly Who[];
  /** People whom it does not concern. */
  readonly untouched: readonly Who[];
  /** Prepares the state, past the gate, and returns the request of every attempt. */
  prepare(people: People, surroundings: Dependencies): Promise<() => Sent>;
  isSuccess(status: number): boolean;
}

export const ADMIN_SECRET = 'correct-horse-battery-staple-0123456789';
export const GUARDED = { authorization: `Bearer ${ADMIN_SECRET}` };
export const JSON_TYPE = { 'content-type': 'application/json' };
export const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' };
/** The Accept header of a navigating browser. */
export const PAGE = { accept: 'text/html' };

export const isDone = (status: number) => status < 400;
export const ANN = ['caller', 'other', 'third'] as const;
export const STRANGER = ['stranger'] as const;
export const byToken = ({ token }: KratosPerson) => ({ 'x-session-token': token });

/** The parts that most actions at Kratos share. */
export const AT_KRATOS = {
  guests: [...ANN, ...STRANGER],
  over: [],
  renewed: [],
  untouched: STRANGER,
  isSuccess: isDone,
} satisfies Partial<Action>;

/** An action without preparation. */
export function plain(
  name: string,
  over: readonly Who[],
  request: (people: People) => Sent,
  more: Partial<Action> = {},
): Action {
  return { ...AT_KRATOS, name, over, prepare: async (people) => () => request(people), ...more };
}

export function post(body: object, headers: RequestHeaders = {}): RequestInit {
  return { method: 'POST', headers: { ...headers, ...JSON_TYPE }, body: JSON.stringify(body) };
}

export function postForm(body: Record<string, string>, headers: RequestHeaders): RequestInit {
  const text = new URLSearchParams(body).toString();
  return { method: 'POST', headers: { ...headers, ...FORM_TYPE }, body: text };
}

/** An app's flow at Kratos, as far as the step that changes something. */
export async function begin(
  kind: string,
  { kratos, headers = {}, first }: BeginOptions,
): Promise<string> {
  const made = await kratos(`/self-service/${kind}/api`, { headers });
  const { id } = (await made.json()) as { id: string };
  const path = `/self-service/${kind}?flow=${id}`;
  if (first !== undefined) await kratos(path, post(first, headers));
  return path;
}

interface BeginOptions {
  readonly kratos: Ask;
  readonly headers?: RequestHeaders;
  readonly first?: object;
}

/** A browser's flow at Kratos: where its form goes to, with which headers and which secret. */
export async function beginInBrowser(kind: string, { cookie }: KratosPerson, kratos: Ask) {
  const headers = { cookie, accept: 'application/json' };
  const made = await kratos(`/self-service/${kind}/browser`, { headers });
  const { id, ui } = (await made.json()) as {
    id: string;
    ui: { nodes: { attributes: { name: string; value: string } }[] };
  };
  const csrf = made.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const node = ui.nodes.find(({ attributes }) => attributes.name === 'csrf_token');
  return {
    path: `/self-service/${kind}?flow=${id}`,
    headers: { ...PAGE, cookie: `${cookie}; ${csrf}` },
    csrf_token: node?.attributes.value ?? '',
  };
}

export async function setPassword({ caller }: People, kratos: Ask): Promise<void> {
  const path = await begin('settings', { kratos, headers: byToken(caller) });
  await kratos(path, post({ method: 'password', password: 'the first one' }, byToken(caller)));
}
