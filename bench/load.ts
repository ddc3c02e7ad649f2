/** Load by wrk, on loopback only, for a bounded time. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type LoadFigures, readWrkReport } from './wrk-report.ts';

export interface Load {
  readonly port: number;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A header that is another in each request: the lines of a file, over and over. `most`: the load ends after as many answers. */
  readonly varying?: { readonly header: string; readonly file: string; readonly most?: number };
  /** @default 16 */
  readonly connections?: number;
}

/** The gate's own host: others are answered 421. */
export const HOST = 'app.example.com';
export const CONNECTIONS = 16;
const SCRIPT = join(import.meta.dirname, 'header-lines.lua');

export function hasWrk(): boolean {
  try {
    execFileSync('wrk', ['--version'], { stdio: 'ignore' });
    return true;
  } catch (error) {
    // wrk --version exits with 1 after printing its version
    return (error as NodeJS.ErrnoException).code !== 'ENOENT'; // thrown by execFileSync, always an errno error
  }
}

/** Whole seconds: wrk knows no others. */
export async function sendLoad(load: Load, seconds: number): Promise<LoadFigures> {
  const { port, path, headers = {}, varying, connections = CONNECTIONS } = load;
  const child = spawn('wrk', [
    '-t1',
    `-c${connections}`,
    `-d${seconds}s`,
    '--latency',
    ...Object.entries({ Host: HOST, ...headers }).flatMap(([name, value]) => [
      '-H',
      `${name}: ${value}`,
    ]),
    ...(varying === undefined ? [] : ['-s', SCRIPT]),
    `http://127.0.0.1:${port}${path}`,
    ...(varying === undefined ? [] : ['--', varying.header, varying.file]),
    ...(varying?.most === undefined ? [] : [String(varying.most)]),
  ]);
  let report = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    report += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    report += text;
  });
  await once(child, 'close');
  return readWrkReport(report);
}
