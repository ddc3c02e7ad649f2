/** Load by wrk, on loopback only, for a bounded time. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Load {
  readonly port: number;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A wrk script in Lua, in place of `headers`. */
  readonly script?: string;
}

export interface LoadFigures {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p50Millis: number;
  readonly p99Millis: number;
  /** Answers other than 2xx and 3xx. */
  readonly refused: number;
}

const CONNECTIONS = 16;

export function hasWrk(): boolean {
  try {
    execFileSync('wrk', ['--version'], { stdio: 'ignore' });
    return true;
  } catch (error) {
    // wrk --version exits with 1 after printing its version
    return (error as NodeJS.ErrnoException).code !== 'ENOENT'; // thrown by execFileSync, always an errno error
  }
}

export async function sendLoad(load: Load, seconds: number): Promise<LoadFigures> {
  const headers = Object.entries(load.headers ?? {}).flatMap(([name, value]) => [
    '-H',
    `${name}: ${value}`,
  ]);
  const script = load.script === undefined ? [] : ['-s', load.script];
  const child = spawn('wrk', [
    '-t1',
    `-c${CONNECTIONS}`,
    `-d${seconds}s`,
    '--latency',
    '-H',
    'Host: app.example.com', // the gate's own: others are answered 421
    ...headers,
    ...script,
    `http://127.0.0.1:${load.port}${load.path}`,
  ]);
  let report = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    report += text;
  });
  await once(child, 'close');
  return readReport(report);
}

function readReport(report: string): LoadFigures {
  const number = (pattern: RegExp) => Number(pattern.exec(report)?.[1] ?? 0);
  const requests = number(/(\d+) requests in/);
  if (requests === 0) throw new Error(`wrk made no request:\n${report}`);
  return {
    requests,
    requestsPerSecond: number(/Requests\/sec:\s+([\d.]+)/),
    p50Millis: millis(/50%\s+(\S+)/.exec(report)?.[1]),
    p99Millis: millis(/99%\s+(\S+)/.exec(report)?.[1]),
    refused: number(/Non-2xx or 3xx responses: (\d+)/),
  };
}

function millis(text = '0ms'): number {
  const [, value, unit] = /^([\d.]+)(us|ms|s)$/.exec(text) ?? [];
  return Number(value) * ({ us: 0.001, ms: 1, s: 1000 }[unit ?? 'ms'] ?? 1);
}
