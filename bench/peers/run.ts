/**
 * npm run bench:peers [-- --rounds 3] [--seconds 3] [--only postern,nginx] [--write]
 *
 * Postern beside Workers written by hand and other gates: CPU per request as a ratio to Postern's in the same round. Runs the
 * systems that are on this machine, and says what is missing for the others. It installs nothing. A system is measured after it
 * has shown that it refuses and that it sends the identity. `--write`: the table in docs/performance.md is that of this run.
 */
import { readCommandLine, readWholeNumber, refuseCall } from '../../cli/command-line.ts';
import { createFixtures } from '../fixtures.ts';
import { CONNECTIONS, hasWrk } from '../load.ts';
import { describeMachine, writePeers } from '../performance-page.ts';
import { divideCores } from './cores.ts';
import { EVERY_PEER } from './every-peer.ts';
import { measurePeers } from './measure.ts';
import { BASELINE, type Peer, type RunningPeer, type Start, type System } from './peers.ts';
import { prove } from './prove.ts';
import { startSurroundings } from './surroundings.ts';
import { peersTable } from './table.ts';

const USAGE =
  'usage: npm run bench:peers [-- --rounds 3] [--seconds 3] [--only postern,nginx] [--write]';

const { values } = readCommandLine(USAGE, {
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const rounds = readWholeNumber('rounds', values.rounds, 99);
const seconds = readWholeNumber('seconds', values.seconds, 60);
const wanted = new Set([BASELINE, ...namesIn(values.only)]);

if (!hasWrk()) {
  console.error('wrk is not installed; it sends the load. On Debian: apt-get install wrk');
  process.exit(0);
}
for (const { id, missing } of EVERY_PEER.filter(isWanted)) {
  if (missing !== undefined) console.log(`${id}: not measured. ${missing}`);
}

const machine = describeMachine(); // before this process has one core only
const cores = divideCores();
await using running = new AsyncDisposableStack();
const fixtures = await createFixtures(Date.now());
const surroundings = running.use(await startSurroundings(fixtures));
const proven = await startAll({ surroundings, fixtures, under: cores.under });
if (!hasBaseline(proven))
  throw new Error('Postern failed, and so there is nothing to compare with');
const { measured, failures } = await measurePeers(proven, { rounds, seconds });
const peers = await proveAll(proven); // after the load too
for (const { id, column, problem } of failures) {
  console.error(`${id}, ${column}: FAILED, not in the table. ${problem}`);
  process.exitCode = 1;
}
const report = `${how()}\n\n${peersTable(peers, measured)}`;
console.log(`\n${report}`);
if (values.write && hasBaseline(peers)) writePeers(report);

/** Starts and proves the wanted systems. Says which failed. */
async function startAll(start: Start): Promise<RunningPeer[]> {
  const started: RunningPeer[] = [];
  for (const peer of EVERY_PEER.filter(isPresent)) {
    await attempt(peer, async () => {
      started.push(running.use(await peer.start(start)));
    });
  }
  return proveAll(started);
}

/** Returns the systems that do what they should. Says which failed. */
async function proveAll(candidates: readonly RunningPeer[]): Promise<RunningPeer[]> {
  const good: RunningPeer[] = [];
  for (const peer of candidates) {
    await attempt(peer, async () => {
      await prove(peer, fixtures);
      good.push(peer);
    });
  }
  return good;
}

async function attempt({ id }: System, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    console.error(`${id}: FAILED, not in the table. ${String(error)}`);
    process.exitCode = 1;
  }
}

function hasBaseline(among: readonly System[]): boolean {
  return among.some(({ id }) => id === BASELINE);
}

function how(): string {
  const versions = [...new Set(peers.map(({ version }) => version))].join(', ');
  return `${new Date().toISOString().slice(0, 10)}, ${machine}; ${cores.description}; ${rounds} rounds of ${seconds} s, ${CONNECTIONS} connections. ${versions}.`;
}

function isPresent(peer: Peer): boolean {
  return isWanted(peer) && peer.missing === undefined;
}

function isWanted({ id }: Peer): boolean {
  return values.only === undefined || wanted.has(id);
}

function namesIn(only = ''): string[] {
  const names = only.split(',').filter((name) => name !== '');
  const ids = EVERY_PEER.map(({ id }) => id);
  const unknown = names.filter((name) => !ids.includes(name));
  if (unknown.length > 0) {
    refuseCall(`--only: expected names of ${ids.join(', ')}; got ${unknown.join(', ')}.`, USAGE);
  }
  return names;
}
