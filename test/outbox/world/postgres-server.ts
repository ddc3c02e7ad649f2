/** Starts Debian's PostgreSQL for tests, with a data directory of its own, on a free port of the loopback. */
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import postgres from 'postgres';
import { freePorts } from '../../support/free-port.ts';

const run = promisify(execFile);
/** Where Debian and its kin keep the server's programs, by version. */
const VERSIONS = '/usr/lib/postgresql';
const MISSING =
  'PostgreSQL is not installed (apt-get install postgresql): the tests of the outbox are skipped.';

/** The folder of the newest server's programs; `undefined` if there is none. */
const programs = findPrograms();

/** Whether PostgreSQL is there. Says so if it is not. */
export function hasPostgres(): boolean {
  if (programs === undefined) console.log(MISSING);
  return programs !== undefined;
}

/** A running server with a database `kratos`. `await using` stops and deletes it. */
export interface PostgresServer extends AsyncDisposable {
  readonly port: number;
  /** The address for the superuser `kratos`, or for another role. */
  url(user?: string, password?: string, database?: string): string;
  /** Makes an empty database, and returns its name. */
  createDatabase(): Promise<string>;
  /** Stops the server as a crash does (`immediate`), or as an operator does (`fast`). */
  stop(mode: 'immediate' | 'fast'): Promise<void>;
  start(): Promise<void>;
  /** Stops (`SIGSTOP`) or continues all processes of the server. */
  signalAll(signal: 'SIGSTOP' | 'SIGCONT'): Promise<void>;
}

export async function startPostgres(): Promise<PostgresServer> {
  if (programs === undefined) throw new Error(MISSING);
  const bin = programs;
  const folder = mkdtempSync(join(tmpdir(), 'postern-postgres-'));
  if (isRoot()) await run('chown', [USER, folder]);
  const data = join(folder, 'data');
  const end = endWithThisProcess(
    `'${bin}/pg_ctl' -D '${data}' -m immediate stop; rm -rf '${folder}'`,
  );
  const [port = 0] = await freePorts(1);
  const call = (program: string, ...args: string[]) => asUser(join(bin, program), args);
  const control = (...args: string[]) => call('pg_ctl', '-D', data, '-w', ...args);
  const options = `-p ${port} -k ${folder} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=120`;
  const start = () => control('-l', join(folder, 'log'), '-o', options, 'start');
  await call('initdb', '-D', data, '-U', 'kratos', '--auth=trust', '--no-sync', '-E', 'UTF8');
  // The reader has to give its password; everybody else is trusted.
  const rules =
    'host all postern_reader 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n';
  await asUser('/bin/sh', [
    '-c',
    `printf '${rules.replaceAll('\n', '\\n')}' > '${data}/pg_hba.conf'`,
  ]);
  await start();
  const url = (user = 'kratos', password = '', database = 'kratos') =>
    `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
  let databases = 0;
  const createDatabase = async (name: string) => {
    const admin = postgres(url('kratos', '', 'template1'), { max: 1 });
    await admin.unsafe(`CREATE DATABASE ${name}`);
    await admin.end();
    return name;
  };
  await createDatabase('kratos');
  const stop = (mode: 'immediate' | 'fast') => control('-m', mode, 'stop');
  return {
    port,
    url,
    createDatabase: () => {
      databases += 1;
      return createDatabase(`kratos_${databases}`);
    },
    stop,
    start,
    async signalAll(signal) {
      const { stdout } = await run('head', ['-1', join(data, 'postmaster.pid')]);
      const postmaster = stdout.trim();
      const { stdout: children } = await run('ps', ['-o', 'pid=', '--ppid', postmaster]);
      const all = [postmaster, ...children.split(/\s+/).filter((pid) => pid !== '')];
      for (const pid of all) process.kill(Number(pid), signal);
    },
    [Symbol.asyncDispose]: end,
  };
}

/**
 * Runs a script when this process ends, in whatever way: a test that is killed leaves no server behind. Returns what runs
 * it now.
 */
function endWithThisProcess(script: string): () => Promise<void> {
  const [command = '', ...rest] = asOtherUser('/bin/sh', ['-c', `cat >/dev/null; ${script}`]);
  const child = spawn(command, rest, {
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
    detached: true,
  });
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  child.unref();
  return async () => {
    child.stdin?.end();
    await ended;
  };
}

/** PostgreSQL refuses to run as root. Debian's package makes this user. */
const USER = 'postgres';

function isRoot(): boolean {
  return userInfo().uid === 0;
}

/** Runs a program to its end as a user that PostgreSQL accepts. A server that it starts stays. */
async function asUser(program: string, args: readonly string[]): Promise<void> {
  const [command, ...rest] = asOtherUser(program, args);
  // The server keeps its standard streams open, so nothing waits for their end.
  const child = spawn(command ?? '', rest, { stdio: 'ignore', cwd: '/' });
  const code = await new Promise((resolve, reject) => {
    child.on('exit', resolve);
    child.on('error', reject);
  });
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}`);
}

function findPrograms(): string | undefined {
  if (!existsSync(VERSIONS)) return undefined;
  const newest = readdirSync(VERSIONS).sort((one, other) => Number(other) - Number(one))[0];
  const folder = join(VERSIONS, newest ?? '', 'bin');
  return existsSync(join(folder, 'initdb')) ? folder : undefined;
}

function asOtherUser(program: string, args: readonly string[]): readonly string[] {
  return isRoot() ? ['runuser', '-u', USER, '--', program, ...args] : [program, ...args];
}
