/** Flows that recorded requests go on with and that no recorded request began. */
import type { Recording } from './recording.ts';
import type { Replay } from './replay.ts';

const EXPIRED = new Set([
  'd2a64965-9b9b-4722-8b79-ffe542cd7d0e',
  '47e19ae8-910d-48ea-a316-4bbf76f14c14',
  '6e606be1-d4f1-4d28-81ae-2b1777e4c9f3',
]);
/** Begun by one recording, expired before a later one. */
const EXPIRES_BEFORE: Readonly<Record<string, string>> = {
  '252': '00e425e3-ab94-4252-b2e3-3dd2f137aad2',
};

/** Begins the flow that a recorded request names, and reads its form, where that was not recorded. */
export async function beginFlow(replay: Replay, { number, request }: Recording): Promise<void> {
  const named = /^\/self-service\/(\w+)(?:\/flows)?\?(?:flow|id)=([\da-f-]{36})$/.exec(
    request.path,
  );
  const [, kind = '', flow = ''] = named ?? [];
  if (!named || flow.startsWith('00000000') || kind === 'errors') return;
  const isKnown = replay.known.has(flow);
  if (!isKnown) await begin(replay, request, { kind, flow });
  if (EXPIRES_BEFORE[number] === flow || (!isKnown && EXPIRED.has(flow)))
    await expire(replay, flow);
  else await readForm(replay, request, { kind, flow });
}

interface NamedFlow {
  readonly kind: string;
  /** As recorded. */
  readonly flow: string;
}

async function begin(
  replay: Replay,
  request: Recording['request'],
  { kind, flow }: NamedFlow,
): Promise<void> {
  const cookie = headerOf(request, 'Cookie');
  const type = cookie.includes('csrf_token_') ? 'browser' : 'api';
  const refresh = kind === 'login' && headerOf(request, 'X-Session-Token') ? '?refresh=true' : '';
  const begun = await replay.send('GET', `/self-service/${kind}/${type}${refresh}`, undefined, [
    ['Accept', 'application/json'],
    ...credentialsOf(replay, request),
  ]);
  replay.known.pair(flow, (JSON.parse(begun.body) as { id: string }).id);
  const setCookie = begun.headers.find(([, value]) => value.startsWith('csrf_token_'))?.[1];
  const [recorded, replayed] = [csrfCookieIn(cookie), csrfCookieIn(setCookie ?? '')];
  // A browser that sends a secret of the right form keeps it.
  if (recorded && !replay.known.has(recorded)) replay.known.pair(recorded, replayed ?? recorded);
}

/** A form carries a token of its own each time that it is read. */
async function readForm(
  replay: Replay,
  request: Recording['request'],
  { kind, flow }: NamedFlow,
): Promise<void> {
  const recorded = csrfTokenIn(request.body ?? '');
  if (!recorded || replay.known.has(recorded)) return;
  const path = replay.known.translate(`/self-service/${kind}/flows?id=${flow}`);
  const { body } = await replay.send('GET', path, undefined, credentialsOf(replay, request));
  const [replayed] =
    /"name":"csrf_token","type":"hidden","value":"([^"]*)"/.exec(body)?.slice(1) ?? [];
  if (replayed) replay.known.alias(recorded, replayed);
}

async function expire(replay: Replay, flow: string): Promise<void> {
  const id = replay.known.translate(flow);
  const expiresAt = new Date(Date.now() - 60_000).toISOString();
  await replay.send('PATCH', `/.standin/flows/${id}`, { expiresAt });
}

function credentialsOf(replay: Replay, request: Recording['request']): [string, string][] {
  return request.headers
    .filter(([name]) => name === 'Cookie' || name === 'X-Session-Token')
    .map(([name, value]) => [name, replay.known.translate(value)]);
}

function headerOf(request: Recording['request'], name: string): string {
  return new Map(request.headers).get(name) ?? '';
}

function csrfCookieIn(text: string): string | undefined {
  return /csrf_token_[0-9a-f]{64}=([\w+/]{43}=)/.exec(text)?.[1];
}

function csrfTokenIn(body: string): string | undefined {
  if (body.startsWith('{')) return /"csrf_token":"([^"]+)"/.exec(body)?.[1];
  return new URLSearchParams(body).get('csrf_token') ?? undefined;
}
