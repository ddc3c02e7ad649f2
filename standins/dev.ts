/**
 * `npm run dev`: the gate on http://localhost:8787 between stand-ins for Kratos, Keycard and a site, each its own
 * `wrangler dev`. Ends them all when one ends or when it is interrupted.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { readCommandLine } from '../cli/command-line.ts';
import { guide, guideText, PAGES } from './guide.ts';

const USAGE = `usage: npm run dev [-- --logs]

  --logs   prints a line for each request and each decision`;

const { values: options } = readCommandLine(USAGE, { options: { logs: { type: 'boolean' } } });

interface Part {
  readonly name: string;
  readonly config: string;
  readonly port: number;
  readonly inspectorPort: number;
  /** Answers 200 once the part works, and not merely listens. */
  readonly readyPath: string;
}

const PARTS: readonly Part[] = [
  {
    name: 'kratos',
    config: 'standins/kratos/wrangler.toml',
    port: 4433,
    inspectorPort: 9433,
    readyPath: '/health/ready',
  },
  {
    name: 'keycard',
    config: 'standins/keycard/wrangler.toml',
    port: 4455,
    inspectorPort: 9455,
    readyPath: '/.standin/calls',
  },
  {
    name: 'origin',
    config: 'standins/origin/wrangler.toml',
    port: 4480,
    inspectorPort: 9480,
    readyPath: '/.standin/calls',
  },
  {
    name: 'gate',
    config: 'standins/gate.wrangler.toml',
    port: 8787,
    inspectorPort: 9787,
    readyPath: '/.postern/health/ready',
  },
];
const START_TIMEOUT_MS = 90_000;
const STOP_TIMEOUT_MS = 5_000;
const QUIET = {
  WRANGLER_SEND_METRICS: 'false',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false', // the real client place is of no use here
  NO_COLOR: '1',
  FORCE_COLOR: '0', // outweighs NO_COLOR where it is set
  CI: '1',
};
/** Matches the events of the gate that need attention, whatever is wanted: a bug, or a wrong setting. */
const ALARM = /"event":"(?:bug|configuration)"/;
/** Colour codes of a terminal, which wrangler sends with errors under any setting. */
const TERMINAL_CODES = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');

const running = new Set<ChildProcess>();
let isStopping = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(0));

const taken = await portsInUse();
for (const { port, name } of taken)
  console.error(`Port ${port}, which ${name} needs, is in use. Free it and try again.`);
if (taken.length > 0) process.exit(1);

const startedAt = Date.now();
console.log('Starting the gate and its stand-ins. This takes about 10 seconds.');
for (const part of PARTS) running.add(start(part));
await Promise.all(PARTS.map(untilReady));
if (!isStopping) console.log(introduction());

/** Without this check wrangler would silently choose another port than the one that the others know. */
async function portsInUse(): Promise<{ port: number; name: string }[]> {
  const wanted = PARTS.flatMap(({ name, port, inspectorPort }) => [
    { port, name },
    { port: inspectorPort, name: `the inspector of ${name}` },
  ]);
  const answers = await Promise.all(wanted.map(({ port }) => isListening(port)));
  return wanted.filter((_, index) => answers[index]);
}

function start({ name, config }: Part): ChildProcess {
  const child = spawn('wrangler', ['dev', '--config', config, '--log-level', 'log'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...QUIET },
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => print(name, text));
  }
  child.on('error', ({ message }) => {
    console.error(`${name} cannot be started (${message}). Run "npm ci" first.`);
    stop(1);
  });
  child.on('exit', (code) => {
    running.delete(child);
    if (isStopping) return;
    console.error(`${name} ended (${code ?? 'by a signal'}); stopping the others.`);
    stop(1);
  });
  return child;
}

/** Prints errors, and requests and decisions if they are wanted. Leaves out wrangler's banner and tables. */
function print(name: string, text: string): void {
  for (const line of text.replace(TERMINAL_CODES, '').split('\n')) {
    if (!isStopping && isWanted(line))
      console.log(`${name.padEnd(7)} │ ${line.replace('[wrangler:info] ', '')}`);
  }
}

function isWanted(line: string): boolean {
  if (PARTS.some(({ readyPath }) => line.includes(` ${readyPath} `))) return false; // this program's own probes
  const isRecord = /^\[wrangler:info\] [A-Z]+ \/|^\{/.test(line);
  return isRecord ? options.logs === true || ALARM.test(line) : /error/i.test(line);
}

async function untilReady(part: Part): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!isStopping && !(await isReady(part))) {
    if (Date.now() > deadline) {
      console.error(`${part.name} did not start within ${START_TIMEOUT_MS / 1000} s.`);
      stop(1);
    }
    await sleep(100);
  }
  if (isStopping) return;
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  console.log(`  ${part.name.padEnd(7)} is ready on :${part.port} after ${seconds} s`);
}

async function isReady({ port, readyPath }: Part): Promise<boolean> {
  try {
    const url = `http://localhost:${port}${readyPath}`;
    return (await fetch(url, { signal: AbortSignal.timeout(5000) })).ok;
  } catch {
    return false;
  }
}

function isListening(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = createConnection({ port, host: 'localhost' });
  socket.on('connect', () => resolve(true));
  socket.on('error', () => resolve(false));
  return promise.finally(() => socket.destroy());
}

/** Returns to the shell only when the ports are free again, so that a second start finds them so. */
async function stop(code: number): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  process.exitCode = code;
  for (const child of running) child.kill('SIGTERM');
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  while (running.size > 0 && Date.now() < deadline) await sleep(20);
  for (const child of running) child.kill('SIGKILL');
  process.exit(code);
}

function introduction(): string {
  const local = (port: number) => `http://localhost:${port}`;
  const steps = guide({ gate: local(8787), kratos: local(4433), keycard: local(4455) });
  return `
Postern is on ${local(8787)}, in front of a site. The site (:4480), Kratos (:4433) and Keycard (:4455) are stand-ins.

In a browser, open ${local(8787)}/account
  demo@example.com   password postern-demo
  mia@example.com    the same, and a second factor: the code 000000
  ${PAGES}

Errors are printed here. To see a line for each request and decision, start with: npm run dev -- --logs

In another terminal, paste line by line:

${guideText(steps)}
Press Ctrl-C to stop.
`;
}
