import { loadAccountPages } from '../../../src/app/compose-account-pages.ts';
import { createGateway, type Gateway } from '../../../src/app/gateway.ts';
import { SitePages } from '../../../src/pages/site-pages.ts';
import { RevocationTable } from '../../../src/revocation/revocation-table.ts';
import keycard from '../../../standins/keycard/src/worker.ts';
import kratos from '../../../standins/kratos/src/worker.ts';
import { FakeKv } from '../../revocation/world/fake-kv.ts';
import { Random } from '../../revocation/world/random.ts';
import { sqliteStorage } from '../../revocation/world/sqlite-storage.ts';
import { VirtualTime } from '../../revocation/world/virtual-time.ts';
import type { Action, Dependencies, Who } from './action.ts';
import { ACTIONS } from './actions.ts';
import type { DoorReport, DoorSchedule, Seen } from './door-schedule.ts';
import { gateConfig } from './gate-config.ts';
import { installInstantSignatures } from './instant-signatures.ts';
import {
  emailOf,
  invite,
  keycardStandin,
  kratosStandin,
  newEmailOf,
  type People,
  type Person,
  type PresentedCredential,
  SITE,
} from './people.ts';
import { farLog, farStore, type Roads } from './roads.ts';

/** The stand-ins keep real time, so the world begins now. */
const START = Date.now();
const WARM_UP_MS = 4000;
/** Longer than an entry is fresh and stale together. */
const AFTERWARDS_MS = 40_000;
const MAX_TRIES = 8;

/**
 * Two isolates of the whole gate, one log, the stand-ins for Kratos and Keycard and a KV namespace, with bad roads in
 * between. Clients keep sessions and tokens hot in both; then a request ends some of them, or changes whose they are, and
 * is sent again until it is answered with success, through either isolate.
 */
export async function runDoors(schedule: DoorSchedule): Promise<DoorReport> {
  await loadPages();
  const time = new VirtualTime(START);
  using _timers = time.install();
  using _crypto = installInstantSignatures();
  using _bodies = installStreamedBodies();
  const random = new Random(schedule.seed);
  const action = ACTIONS[schedule.action % ACTIONS.length] ?? neverAction();
  const zoneId = `zone-${crypto.randomUUID()}`;
  const people = await invite({ zoneId, startMs: START, isByCookie: schedule.isByCookie });
  const world = createWorld(schedule, { time, random, people, zoneId });
  let outcome: { readonly report: DoorReport } | { readonly error: unknown } | undefined;
  run(world, action).then(
    (report) => {
      outcome = { report };
    },
    (error: unknown) => {
      outcome = { error };
    },
  );
  while (outcome === undefined) await time.runUntil(time.now + 1000);
  if ('error' in outcome) throw outcome.error;
  return outcome.report;
}

/** Loads the modules of the pages before the clock stops: a module arrives in real time. */
async function loadPages(): Promise<void> {
  const reportBug = (error: unknown) => {
    throw error;
  };
  const pages = new SitePages({}, { reportBug, now: () => 0 });
  const asker = { method: 'GET', headers: new Headers() };
  await Promise.all([
    loadAccountPages(),
    pages.showError({ reason: 'not_found' }, asker, { status: 404, headers: new Headers() }),
  ]);
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

interface WorldOptions {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly people: People;
  readonly zoneId: string;
}

function createWorld(schedule: DoorSchedule, { time, random, people, zoneId }: WorldOptions) {
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
  const fetchStore = farStore((request) => kratos.fetch(request, {}), schedule, roads);
  const fetchKeycard = farStore((request) => keycard.fetch(request), schedule, roads);
  const config = gateConfig(zoneId);
  const gateways = [skewA, skewB].map(
    (skewMs, isolate): Gateway =>
      createGateway(config, {
        kv: schedule.hasKv ? kv.seenFrom(isolate) : undefined,
        openLog: () => farLog(core, schedule, roads),
        fetchers: {
          kratos: fetchStore,
          kratosAdmin: fetchStore,
          keycard: fetchKeycard,
          keys: () => Promise.reject(new Error('no keys here')),
        },
        fetchOrigin: undefined,
        now: () => time.now + skewMs,
        random: () => random.next(),
        report: (event) => {
          if (event.event === 'bug') bugs.push(JSON.stringify(event));
        },
        metrics: undefined,
      }),
  );
  const seen: Seen[] = [];
  const send = async (path: string, init: RequestInit, isolate: number): Promise<Response> => {
    const gateway = gateways[isolate];
    if (gateway === undefined) throw new RangeError('there are two isolates');
    return gateway.fetch(new Request(SITE + path, init), (work) => void work.catch(() => {}));
  };
  return { schedule, time, random, people, zoneId, seen, bugs, send, isOver: false };
}

async function run(world: World, action: Action): Promise<DoorReport> {
  const { time, random, people, seen, bugs } = world;
  const clients = action.guests.flatMap((who) =>
    people[who].clients.flatMap((credentials) =>
      [0, 1].map((isolate) => keepAsking(world, { who, isolate, credentials })),
    ),
  );
  void Promise.all(clients);
  const prepared = await action.prepare(people, surroundingsOf(world));
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
  const before = seen.splice(0); // only what comes after it is promised anything, and strangers are looked at from here
  await time.sleep(AFTERWARDS_MS);
  world.isOver = true;
  const { name, over, renewed, untouched } = action;
  return { action: name, answeredAt, tries, over, renewed, untouched, before, seen, bugs };
}

function surroundingsOf({ zoneId, send }: World): Dependencies {
  const atKratos = (path: string, init: RequestInit = {}) =>
    Promise.resolve(kratos.fetch(new Request(`https://kratos.test${path}`, init), {}));
  const gate = (path: string, init: RequestInit = {}) => send(path, init, 0);
  return { kratosStandin, keycardStandin, kratos: atKratos, gate, zoneId };
}

interface Client {
  readonly who: Who;
  readonly isolate: number;
  /** Any of them is presented, each time anew. */
  readonly credentials: readonly PresentedCredential[];
}

/** One client: asks, waits for the answer, pauses, asks again. */
async function keepAsking(world: World, { who, isolate, credentials }: Client): Promise<void> {
  const { schedule, time, random, people, seen } = world;
  while (!world.isOver) {
    await time.sleep(1 + random.upTo(schedule.pauseMs));
    const { kind: by, headers } = random.pick(credentials);
    const answer = await world.send('/sessions/whoami', { headers }, isolate);
    const isLabelled = (answer.headers.get('cache-status') ?? '').includes('fwd=stale');
    const shows = addressIn(await answer.text(), people[who]);
    seen.push({ who, by, isolate, status: answer.status, at: time.now, isLabelled, shows });
  }
}

function addressIn(document: string, person: Person): Seen['shows'] {
  if (document.includes(emailOf(person))) return 'first address';
  return document.includes(newEmailOf(person)) ? 'new address' : undefined;
}

/** A log that is past its beginning, whose positions are ahead of any clock. */
function oldLog(now: () => number): RevocationTable {
  let beforeMs = 120_000;
  const core = new RevocationTable(sqliteStorage(), () => now() - beforeMs);
  beforeMs = 0;
  return core;
}
