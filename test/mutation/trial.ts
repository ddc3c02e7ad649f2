import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inRepository } from '../support/repository.ts';
import { applyMutant, type Mutant } from './mutants.ts';

/** `undecided`: the time was over before all tests had run. */
export type Outcome = 'killed' | 'survived' | 'undecided';

/**
 * Cheapest first: the file's own test, tests that import the file, tests of the built gate likeliest to notice, all
 * tests of the gate.
 */
export const STAGES = ['own', 'importing', 'likely', 'all'] as const;
export type Stage = (typeof STAGES)[number];

/** The longest that the tests of one mutant may take: a mutant may loop forever. */
const LONGEST_MS: Readonly<Record<Stage, number>> = {
  own: 60_000,
  importing: 300_000,
  likely: 600_000,
  all: 900_000,
};

/** Tests of the built gate, by room. */
const LIKELY: Readonly<Record<string, readonly string[]>> = {
  credentials: ['test/gateway/credential', 'test/hostile/credentials'],
  forwarding: [
    'test/gateway/forwarding',
    'test/gateway/identity',
    'test/gateway/gate-web-socket',
    'test/gateway/content-of-get',
    'test/hostile/gate-headers',
  ],
  http: ['test/gateway/paths', 'test/hostile/gate-paths', 'test/gateway/cross-origin'],
  refusals: ['test/gateway/gate', 'test/gateway/login-loop', 'test/gateway/readable-denials'],
  revocation: ['test/gateway/revo', 'test/gateway/session-api/revocation'],
  routes: [
    'test/gateway/gate',
    'test/gateway/forward-auth',
    'test/gateway/revoked-sockets',
    'test/gateway/server-timing',
    'test/gateway/session-api',
  ],
  rules: ['test/gateway/gate', 'test/hostile/spellings'],
  'session-changes': ['test/gateway/session-changes', 'test/gateway/session-api'],
  sessions: ['test/gateway/tiers', 'test/gateway/cache'],
  tokens: ['test/gateway/token', 'test/hostile/token'],
};

/** A copy of the working tree, in which one mutant at a time is tried. */
export class Laboratory {
  readonly #root = mkdtempSync(join(tmpdir(), 'postern-mutant-'));
  #running: ChildProcess | undefined;

  constructor() {
    const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
      cwd: inRepository('.'),
      encoding: 'utf8',
    });
    for (const file of files.split('\0')) {
      const source = inRepository(file);
      if (file === '' || !existsSync(source)) continue;
      mkdirSync(dirname(join(this.#root, file)), { recursive: true });
      cpSync(source, join(this.#root, file));
    }
    // The packages are shared; what tests write among them (caches) is this copy's own.
    mkdirSync(join(this.#root, 'node_modules'));
    for (const name of readdirSync(inRepository('node_modules'))) {
      if (name === '.vite' || name === '.vite-temp' || name === '.cache') continue;
      symlinkSync(inRepository(`node_modules/${name}`), join(this.#root, 'node_modules', name));
    }
  }

  /** Runs the tests on the code as it is: they have to pass, or nothing that a mutant does means anything. */
  async passes(file: string): Promise<boolean> {
    return (await this.#vitest(['related', '--run', file], 600_000)) === 0;
  }

  /**
   * Tries one mutant by one stage of the tests.
   *
   * @param until milliseconds since the epoch; the tests are ended then
   */
  async try(mutant: Mutant, stage: Stage, until: number): Promise<Outcome> {
    const args = ARGUMENTS[stage](mutant.file);
    if (args === undefined) return 'survived';
    const left = until - Date.now();
    if (left < 1000) return 'undecided';
    const path = join(this.#root, mutant.file);
    const source = readFileSync(path, 'utf8');
    writeFileSync(path, applyMutant(mutant, source));
    try {
      // The file's own test needs no bundle, only one that is not older than the source.
      if (stage === 'own') utimesSync(join(this.#root, 'dist/worker.js'), new Date(), new Date());
      else if (!(await this.build())) return 'killed';
      const code = await this.#vitest(args, Math.min(left, LONGEST_MS[stage]));
      if (code === undefined) return Date.now() >= until ? 'undecided' : 'killed'; // it never ends
      return code === 0 ? 'survived' : 'killed';
    } finally {
      writeFileSync(path, source);
    }
  }

  /** Removes the copy, and ends what still runs in it. */
  close(): void {
    this.#running?.kill('SIGKILL');
    rmSync(this.#root, { recursive: true, force: true });
  }

  /** Builds the copy, without which no trial begins; whether it can be built. */
  build(): Promise<boolean> {
    return this.#run('node', ['cli/build.ts'], 120_000).then((code) => code === 0);
  }

  #vitest(args: readonly string[], timeoutMs: number): Promise<number | undefined> {
    const options = ['--bail=1', '--maxWorkers=1', '--reporter=dot', '--passWithNoTests'];
    return this.#run('node', ['node_modules/vitest/vitest.mjs', ...args, ...options], timeoutMs);
  }

  /** The exit code; `undefined` when the time was over. */
  #run(command: string, args: string[], timeoutMs: number): Promise<number | undefined> {
    const child = spawn(command, args, {
      cwd: this.#root,
      env: { ...process.env, PATH: `${this.#root}/node_modules/.bin:${process.env.PATH ?? ''}` },
      stdio: 'ignore',
      detached: true,
    });
    this.#running = child;
    return new Promise((resolve) => {
      let isOver = false;
      const timer = setTimeout(() => {
        isOver = true;
        endGroup(child);
      }, timeoutMs);
      child.once('exit', (code) => {
        clearTimeout(timer);
        endGroup(child); // a test that was ended early may have left its gate running
        resolve(isOver ? undefined : (code ?? 1));
      });
    });
  }
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** The file, second in its path, is in a room. */
function roomOf(file: string): string {
  return file.split('/')[1] ?? '';
}

/** `src/http/paths.ts` → `test/http/paths.test.ts`. */
function ownTestOf(file: string): string {
  return file.replace(/^src\//, 'test/').replace(/\.ts$/, '.test.ts');
}

/** Without the tests of what the repository has beside the gate. */
const OF_THE_GATE = ['unit', 'gate', 'faults', 'isolates', 'simulations'].flatMap((part) => [
  '--project',
  part,
]);

/** What vitest runs of each stage for a mutant of this file; `undefined`: nothing. */
const ARGUMENTS: Readonly<Record<Stage, (file: string) => readonly string[] | undefined>> = {
  own: (file) => {
    const test = ownTestOf(file);
    return existsSync(inRepository(test)) ? ['run', test] : undefined;
  },
  importing: (file) => ['related', '--run', file, ...OF_THE_GATE],
  likely: (file) => {
    const tests = LIKELY[roomOf(file)];
    return tests && ['run', ...tests];
  },
  all: () => ['run', ...OF_THE_GATE],
};
