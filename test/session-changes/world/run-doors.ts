import { readConfig } from '../../../src/config/config.ts';
import { createGateway, type Gateway } from '../../../src/gateway.ts';
import { LogCore } from '../../../src/revocation/log-core.ts';
import type { RevocationLogStub } from '../../../src/revocation/log-protocol.ts';
import kratos from '../../../standins/kratos/src/worker.ts';
import { FakeKv } from '../../revocation/world/fake-kv.ts';
import { Random } from '../../revocation/world/random.ts';
import { sqliteStorage } from '../../revocation/world/sqlite-storage.ts';
import { VirtualTime } from '../../revocation/world/virtual-time.ts';
import { ACTIONS, type Action, type People } from './actions.ts';
import type { DoorReport, DoorSchedule, Seen, StoreFault } from './door-schedule.ts';
import { installInstantSignatures, unsignedToken } from './instant-signatures.ts';

/** The stand-in keeps real time, so the world begins now. */
const START = Date.now();
const WARM_UP_MS = 4000;
/** Longer than an entry is fresh and stale together. */
const AFTERWARDS_MS = 40_000;
const MAX_TRIES = 8;
const STORE_TIMEOUT_MS = 5000;
const ISSUER = 'https://auth.example.test/';
const SITE = 'https://app.example.test';
const ADMIN_SECRET = 'correct-horse-battery-staple-0123456789';
/** Any point of the curve: nothing is verified with it. */
const PUBLIC_KEY = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  kid: 'k',
};

/**
 * Two isolates of the whole gate, one log, the stand-in for Kratos and a KV namespace, with bad roads in between. Clients
 * keep four sessions and their tokens hot in both; then a request ends some of them, and is sent again until it is
 * answered with success, through either isolate.
 */
export async function runDoors(schedule: DoorSchedule): Promise<DoorReport> {
  const time = new VirtualTime(START);
  using _timers = time.install();
  using _crypto = installInstantSignatures();
  using _bodies = installStreamedBodies();
  const random = new Random(schedule.seed);
  const action = ACTIONS[schedule.action % ACTIONS.length] ?? neverAction();
  const people = await invite();
  const world = createWorld(schedule, { time, random, people });
  let report: DoorReport | undefined;
  void run(world, action).then((done) => {
    report = done;
  });
  while (report === undefined) await time.runUntil(time.now + 1000);
  return report;
}

/** As in workerd: a streamed body needs no word that it may be sent before its answer is read. */
function installStreamedBodies(): Disposable {
  const Plain = globalThis.Request;
  class Streaming extends Plain {
    constructor(input: RequestInfo | URL, init?: RequestInit) {
      const isStream = init?.body instanceof ReadableStream;
      super(input, isStream ? Object.assign({ duplex: 'half' }, init) : init);
    }
  }
  Object.assign(globalThis, { Request: Streaming });
  return { [Symbol.dispose]: () => Object.assign(globalThis, { Request: Plain }) };
}

type World = ReturnType<typeof createWorld>;

function neverAction(): never {
  throw new RangeError('there is no action');
}

async function standin(method: string, path: string, body?: object): Promise<Response> {
  const init = { method, ...(body !== undefined && { body: JSON.stringify(body) }) };
  return kratos.fetch(new Request(`https://kratos.test/.standin/${path}`, init), {});
}

/** Ann with three sessions, and Bob with one, who has nothing to do with her. */
async function invite(): Promise<People> {
  await standin('DELETE', 'control');
  const signIn = async (identityId: string) => {
    const made = await standin('POST', 'sessions', { identityId });
    const { session, session_token: token } = (await made.json()) as {
      session: { id: string };
      session_token: string;
    };
    const seconds = Math.floor(START / 1000) - 2;
    const jwt = unsignedToken({
      iss: ISSUER,
      aud: 'postern',
      sub: identityId,
      sid: session.id,
      iat: seconds,
      exp: seconds + 3600,
    });
    return { id: session.id, token, jwt, identityId };
  };
  const [ann, bob] = [crypto.randomUUID(), crypto.randomUUID()];
  return {
    caller: await signIn(ann),
    other: await signIn(ann),
    third: await signIn(ann),
    stranger: await signIn(bob),
  };
}

function createWorld(
  schedule: DoorSchedule,
  { time, random, people }: { time: VirtualTime; random: Random; people: People },
) {
  const [skewA, skewB, skewLog] = schedule.skewsMs;
  const core = oldLog(() => time.now + skewLog);
  const bugs: string[] = [];
  const kv = new FakeKv({
    time,
    staleMs: 60_000,
    delayMs: () => random.upTo(120),
    isFailing: () => random.chance(schedule.kvLoss),
  });
  const roads: Roads = { time, random, logDownUntil: undefined };
  const fetchStore = farStore(schedule, roads);
  const gateways = [skewA, skewB].map((skewMs, isolate): Gateway => {
    const config = readConfig({
      PUBLIC_URL: SITE,
      KRATOS_PUBLIC_URL: 'https://kratos.test',
      KRATOS_ADMIN_URL: 'https://kratos.test',
      ADMIN_SECRETS: [ADMIN_SECRET],
      SELF_SERVICE: true,
      SIGN_IN_ENDS_SESSIONS: true,
      DECISION_LOG: 'none',
      STORE_TIMEOUT_MS,
      REVOCATIONS: {},
      ISSUERS: [
        {
          issuer: ISSUER,
          preset: 'kratos',
          audience: 'postern',
          algorithms: ['ES256'],
          keys: { keys: [PUBLIC_KEY] },
        },
      ],
    });
    if (!config.ok) throw new Error(config.failure.join('\n'));
    return createGateway(config.value, {
      kv: schedule.hasKv ? kv.seenFrom(isolate) : undefined,
      openLog: () => farLog(core, schedule, roads),
      fetchStore,
      fetchKratosAdmin: fetchStore,
      fetchKeycard: () => Promise.reject(new Error('no Keycard here')),
      fetchKeys: () => Promise.reject(new Error('no keys here')),
      fetchOrigin: undefined,
      now: () => time.now + skewMs,
      random: () => random.next(),
      write: (line) => {
        if (line.includes('"event":"bug"')) bugs.push(line);
      },
      metrics: undefined,
    });
  });
  const seen: Seen[] = [];
  const send = (path: string, init: RequestInit, isolate: number): Promise<Response> => {
    const gateway = gateways[isolate];
    if (gateway === undefined) throw new RangeError('there are two isolates');
    return gateway.fetch(new Request(SITE + path, init), (work) => void work.catch(() => {}));
  };
  return { schedule, time, random, people, seen, bugs, send, isOver: false };
}

async function run(world: World, action: Action): Promise<DoorReport> {
  const { time, random, people, seen, bugs } = world;
  const clients = Object.keys(people).flatMap((who) =>
    [0, 1].flatMap((isolate) => [
      keepAsking(world, who, isolate),
      keepAsking(world, who, isolate, true),
    ]),
  );
  void Promise.all(clients);
  const prepared = await action.prepare(people, standin, kratosFetch);
  await time.sleep(WARM_UP_MS + random.upTo(3000));
  let answeredAt: number | undefined;
  let tries = 0;
  while (answeredAt === undefined && tries < MAX_TRIES) {
    tries += 1;
    const { path, init } = prepared();
    const answer = await world.send(path, init, random.upTo(2));
    await answer.arrayBuffer();
    if (action.isSuccess(answer.status)) answeredAt = time.now;
    else await time.sleep(200 + random.upTo(6000));
  }
  world.seen.length = 0; // only what comes after it is promised anything, and strangers are looked at from here
  await time.sleep(AFTERWARDS_MS);
  world.isOver = true;
  const over = action.over.map((who) => who);
  return { action: action.name, answeredAt, tries, over, untouched: action.untouched, seen, bugs };
}

const kratosFetch = (path: string, init: RequestInit = {}) =>
  kratos.fetch(new Request(`https://kratos.test${path}`, init), {});

/** One client: asks, waits for the answer, pauses, asks again. */
async function keepAsking(
  world: World,
  who: string,
  isolate: number,
  isToken = false,
): Promise<void> {
  const { schedule, time, random, people, seen } = world;
  const { token, jwt } = people[who as keyof People]; // its own names
  const headers: Record<string, string> = isToken
    ? { authorization: `Bearer ${jwt}` }
    : { 'x-session-token': token };
  while (!world.isOver) {
    await time.sleep(1 + random.upTo(schedule.pauseMs));
    const answer = await world.send('/sessions/whoami', { headers }, isolate);
    const isLabelled = (answer.headers.get('cache-status') ?? '').includes('fwd=stale');
    await answer.arrayBuffer();
    seen.push({ who, isolate, status: answer.status, at: time.now, isLabelled });
  }
}

interface Roads {
  readonly time: VirtualTime;
  readonly random: Random;
  /** `undefined` until the change is made. */
  logDownUntil: number | undefined;
}

/** The store at a distance, which fails in every way there is; whoever calls it gives up at its deadline. */
function farStore({ storeFaults, isStoreSlow, logDownMs }: DoorSchedule, roads: Roads) {
  const { time, random } = roads;
  const arrive = async (request: Request) => {
    if (request.method !== 'GET') roads.logDownUntil ??= time.now + logDownMs;
    return kratos.fetch(request, {});
  };
  return async (request: Request): Promise<Response> => {
    const delayMs = () => random.upTo(isStoreSlow ? 1500 : 60);
    await time.sleep(delayMs());
    switch (drawFault(storeFaults, random)) {
      case 'unreached':
        throw new Error('not reached');
      case 'unanswered':
        await arrive(request);
        throw new Error('the answer was lost');
      case 'late': {
        const copy = request.clone();
        time.schedule(() => void arrive(copy), STORE_TIMEOUT_MS + random.upTo(600));
        await time.sleep(STORE_TIMEOUT_MS);
        throw new Error('nobody waits any longer');
      }
      case 'failing':
        return new Response('upstream connect error', { status: 503 });
      case 'limited':
        return new Response('{}', { status: 429, headers: { 'retry-after': '1' } });
      case undefined: {
        const answer = await arrive(request);
        await time.sleep(delayMs());
        return answer;
      }
    }
  };
}

function drawFault(
  faults: Readonly<Record<StoreFault, number>>,
  random: Random,
): StoreFault | undefined {
  let left = random.next();
  for (const [fault, share] of Object.entries(faults)) {
    left -= share;
    if (left < 0) return fault as StoreFault; // its own names
  }
  return undefined;
}

/** The log as it is reached from an isolate: late, or not at all, and sometimes done without a word. */
function farLog(
  core: LogCore,
  { logDelayMs, logLoss }: DoorSchedule,
  roads: Roads,
): RevocationLogStub {
  const { time, random } = roads;
  const travel = async <Value>(act: () => Value): Promise<Value> => {
    await time.sleep(random.upTo(logDelayMs) / 2);
    const isDown = time.now < (roads.logDownUntil ?? 0);
    if (isDown || random.chance(logLoss / 2)) throw new Error('the log was not reached');
    const value = act();
    await time.sleep(random.upTo(logDelayMs) / 2);
    if (random.chance(logLoss / 2)) throw new Error('the answer was lost');
    return value;
  };
  return {
    read: (cursor) => travel(() => structuredClone(core.read(cursor))),
    append: (marks, options) => travel(() => structuredClone(core.append(marks, options))),
  };
}

/** A log that is past its beginning, whose positions are ahead of any clock. */
function oldLog(now: () => number): LogCore {
  let beforeMs = 120_000;
  const core = new LogCore(sqliteStorage(), () => now() - beforeMs);
  beforeMs = 0;
  return core;
}
