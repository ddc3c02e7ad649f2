/**
 * `npm run dev`: the gate on http://localhost:8787 between a stand-in for Kratos and a stand-in for a site, each its own
 * `wrangler dev`. Ends them all when one ends or when it is interrupted.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

interface Part {
  readonly name: string;
  readonly config: string;
  readonly port: number;
}

const PARTS: readonly Part[] = [
  { name: 'kratos', config: 'standins/kratos/wrangler.toml', port: 4433 },
  { name: 'origin', config: 'standins/origin/wrangler.toml', port: 4480 },
  { name: 'gate', config: 'standins/gate.wrangler.toml', port: 8787 },
];
const START_TIMEOUT_MS = 60_000;
const QUIET = {
  WRANGLER_SEND_METRICS: 'false',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false', // the real client place is of no use here
  NO_COLOR: '1',
  CI: '1',
};

const running: ChildProcess[] = [];
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop(0));

for (const part of PARTS) {
  if (await isListening(part.port)) {
    console.error(`Port ${part.port}, which ${part.name} needs, is in use. Free it and try again.`);
    stop(1);
  }
}
for (const part of PARTS) {
  console.log(`starting ${part.name} on http://localhost:${part.port} …`);
  running.push(start(part));
  await untilReady(part);
}
console.log(guide());

function start({ name, config }: Part): ChildProcess {
  const child = spawn('wrangler', ['dev', '--config', config, '--log-level', 'log'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...QUIET },
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => print(name, text));
  }
  child.on('exit', (code) => {
    console.error(`${name} ended (${code ?? 'signal'}); stopping the others.`);
    stop(1);
  });
  return child;
}

/** Decisions, requests and errors are worth seeing; wrangler's banner and tables are not. */
function print(name: string, text: string): void {
  for (const line of text.split('\n')) {
    if (/^\[wrangler:info\] [A-Z]+ \/|^\{|error|warn/i.test(line))
      console.log(`${name.padEnd(6)} │ ${line}`);
  }
}

async function untilReady({ name, port }: Part): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await isAnswering(port))) {
    if (Date.now() > deadline) {
      console.error(`${name} did not start within ${START_TIMEOUT_MS / 1000} s.`);
      stop(1);
    }
    await sleep(100);
  }
}

async function isAnswering(port: number): Promise<boolean> {
  try {
    await fetch(`http://localhost:${port}/sessions/whoami`, { signal: AbortSignal.timeout(5000) });
    return true;
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

function stop(code: number): never {
  for (const child of running) {
    child.removeAllListeners('exit');
    child.kill('SIGTERM');
  }
  process.exit(code);
}

function guide(): string {
  return `
Postern is on http://localhost:8787, in front of the site on :4480, with Kratos on :4433 (both stand-ins).
In a browser: open http://localhost:8787/account and sign in as demo@example.com, password postern-demo.

Paste into another terminal:

# 1. sign in, as an app does
FLOW=$(curl -s http://localhost:4433/self-service/login/api | sed -E 's/.*"action":"([^"]+)".*/\\1/')
TOKEN=$(curl -s "$FLOW" -H 'Content-Type: application/json' \\
  -d '{"method":"password","identifier":"demo@example.com","password":"postern-demo"}' | sed -E 's/.*"session_token":"([^"]+)".*/\\1/')
echo "$TOKEN"

# 2. whoami: a miss, answered by Kratos (see Cache-Status)
curl -si http://localhost:8787/sessions/whoami -H "X-Session-Token: $TOKEN"

# 3. whoami: a hit, answered from memory
curl -si http://localhost:8787/sessions/whoami -H "X-Session-Token: $TOKEN"

# 4. a gated page: without a session, with one (the site shows the identity headers it received)
curl -si http://localhost:8787/account
curl -s 'http://localhost:8787/account?format=json' -H "X-Session-Token: $TOKEN" -H 'X-User-Id: forged'

# 5. sign out at Kratos; whoami says 401 once the answer is no longer fresh (no-cache: at once)
curl -si -X DELETE http://localhost:4433/self-service/logout/api -H 'Content-Type: application/json' -d "{\\"session_token\\":\\"$TOKEN\\"}" | head -1
curl -si http://localhost:8787/sessions/whoami -H "X-Session-Token: $TOKEN" -H 'Cache-Control: no-cache' | head -1

Press Ctrl-C to stop.
`;
}
