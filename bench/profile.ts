/**
 * npm run profile -- CASE [--seconds 4] [--out case.cpuprofile]
 *
 * Where the CPU of one case goes: a sampled profile by workerd's inspector under load, printed as the functions with
 * the most time of their own.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { CASES, WORKERS } from './cases.ts';
import { sendLoad } from './load.ts';
import { startWorkerd } from './workerd.ts';

interface ProfileNode {
  readonly id: number;
  readonly callFrame: {
    functionName: string;
    url: string;
    lineNumber: number;
    columnNumber: number;
  };
}
interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '4' }, out: { type: 'string' } },
});
const wanted = CASES.find(({ name }) => name === positionals[0]);
if (wanted === undefined) {
  console.error(`Name a case: ${CASES.map(({ name }) => name).join(', ')}`);
  process.exit(1);
}

const INSPECTOR = '127.0.0.1:9333';
const seconds = Number(values.seconds);
const workerd = await startWorkerd(WORKERS, [`--inspector-addr=${INSPECTOR}`]);
try {
  const { worker, path, headers } = wanted;
  const load = { port: workerd.ports[worker] ?? 0, path, headers };
  await sendLoad(load, 1);
  const inspector = await connect(worker);
  await inspector.call('Profiler.enable');
  await inspector.call('Profiler.setSamplingInterval', { interval: 100 });
  await inspector.call('Profiler.start');
  await sendLoad(load, seconds);
  const { profile } = (await inspector.call('Profiler.stop')) as { profile: CpuProfile }; // by the protocol
  inspector.close();
  if (values.out !== undefined) writeFileSync(values.out, JSON.stringify(profile));
  report(profile);
} finally {
  await workerd.stop();
}

async function connect(worker: string) {
  const socket = new WebSocket(`ws://${INSPECTOR}/${worker}`);
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', reject);
  });
  let nextId = 0;
  const waiting = new Map<number, (result: unknown) => void>();
  socket.addEventListener('message', ({ data }) => {
    const { id, result } = JSON.parse(String(data)) as { id?: number; result?: unknown }; // by the protocol
    if (id !== undefined) waiting.get(id)?.(result);
  });
  return {
    call(method: string, params: object = {}): Promise<unknown> {
      const id = ++nextId;
      socket.send(JSON.stringify({ id, method, params }));
      return new Promise((resolve) => waiting.set(id, resolve));
    },
    close: () => socket.close(),
  };
}

function report({ nodes, samples, timeDeltas }: CpuProfile): void {
  const names = new Map(
    nodes.map(({ id, callFrame: { functionName, lineNumber, columnNumber } }) => [
      id,
      `${functionName || '(anonymous)'} ${lineNumber + 1}:${columnNumber + 1}`,
    ]),
  );
  const own = new Map<string, number>();
  let total = 0;
  for (const [index, sample] of samples.entries()) {
    const micros = timeDeltas[index] ?? 0;
    const name = names.get(sample) ?? '?';
    own.set(name, (own.get(name) ?? 0) + micros);
    total += micros;
  }
  for (const [name, micros] of [...own].sort(([, a], [, b]) => b - a).slice(0, 40)) {
    console.log(`${((100 * micros) / total).toFixed(1).padStart(5)} %  ${name}`);
  }
}
