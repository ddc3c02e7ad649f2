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

export type Outcome = 'killed' | 'survived';

/**
 * Cheapest first: the file's own test, unit tests that import the file, tests of the built gate likeliest to notice,
 * all tests of the gate.
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

/** These stages call the files of `src/`; the others run the bundle. */
const CALLS_SOURCE: ReadonlySet<Stage> = new Set(['own', 'importing']);

/** Tests of the built gate by room of `src/routes`, or else by room; of each less than a minute. Parts of paths. */
const LIKELY: Readonly<Record<string, readonly string[]>> = {
  credentials: [
    ...gateway('credential-rows', 'cookie-spelling', 'refused-credentials', 'next-credential'),
    ...gateway('app-credentials', 'token-calls'),
    'test/hostile/credentials',
  ],
  exchange: gateway('token-exchange', 'sign-in-exchange'),
  forwarding: [
    ...gateway('forwarding', 'forwarded-headers', 'identity-headers', 'displaced-identity'),
    ...gateway('gate-web-socket', 'gate-requests', 'content-of-get', 'streaming', 'assertion.test'),
    ...gateway('several-origins'),
    'test/hostile/gate-headers',
  ],
  http: [
    ...gateway('paths', 'path-traversal', 'authority', 'header-', 'cross-origin', 'gate-methods'),
    ...gateway('gate-requests', 'one-worker', 'session-api/self-service', 'several-origins'),
  ],
  outbox: ['test/outbox/', ...gateway('outbox-changes', 'outbox-faults')],
  pages: [...gateway('gate-pages', 'pages-with-a-way-on'), 'test/pages/'],
  package: ['test/package/hono', 'test/package/create-postern'],
  refusals: gateway('gate.test', 'gate-', 'login-loop', 'readable-denials', 'forward-auth.test'),
  revocation: [
    ...gateway('revocation.test', 'revocation-', 'security-events', 'session-api/marks'),
    'test/revocation/race',
    'test/revocation/isolate-sums',
    ...gateway('status-page', 'told-freshness'),
  ],
  'routes/events': [
    ...gateway('backchannel-logout', 'security-events', 'revocation-webhook', 'repeated-events'),
    ...gateway('id-spellings', 'metrics', 'kratos-traces'),
  ],
  'routes/gate': [
    ...gateway('gate.test', 'gate-', 'forward-auth', 'next-credential', 'server-timing'),
    ...gateway('login-loop', 'readable-denials', 'several-origins'),
  ],
  'routes/meta': gateway('health', 'metrics', 'one-worker'),
  'routes/self-service': [
    ...gateway('session-api/self-service', 'session-changes/external-ids'),
    ...gateway('session-changes/flows', 'session-changes/verification-retries'),
  ],
  'routes/session-api': [
    ...gateway('session-api/', 'client-fetch', 'cross-origin'),
    ...gateway('session-changes/keycard', 'keycard-sessions-page'),
  ],
  'routes/sessions-page': gateway(
    ...['session-api/sessions-page', 'own-sessions', 'cross-origin', 'keycard-sessions-page'],
    'sign-out',
  ),
  'routes/sign-in': gateway('sign-in', 'sign-out'),
  'routes/status': [...gateway('status-page', 'guard.test'), 'test/revocation/isolate-sums'],
  'routes/whoami': [
    ...gateway('tiers.test', 'tiers-cookies', 'cache-rows', 'client-fetch', 'token-whoami'),
    ...gateway('refused-credentials', 'described-parts', 'server-timing', 'whoami-'),
  ],
  rules: gateway('gate.test', 'gate-requests', 'condition-language', 'forward-auth', 'authority'),
  session: gateway('parsed-on-demand', 'session-issuer'),
  'session-changes': gateway(
    ...['session-changes/', 'session-api/marks', 'session-api/paging', 'cross-origin'],
  ),
  sessions: gateway(
    ...['tiers.test', 'tiers-flight', 'tiers-writes', 'tiers-cookies', 'tiers-faults'],
    ...['cache-rows', 'refused-credentials', 'location-', 'tiers-kv', 'parsed-on-demand'],
  ),
  'sign-in': gateway('sign-in', 'sign-out'),
  tokens: [
    ...gateway('token-', 'slow-keys', 'protected-resources', 'scopes'),
    'test/hostile/token',
  ],
};

function gateway(...names: readonly string[]): string[] {
  return names.map((name) => `test/gateway/${name}`);
}

/** A copy of the working tree, in which one mutant at a time is tried. */
export class Laboratory {
  readonly #root = mkdtempSync(join(tmpdir(), 'postern-mutant-'));
  readonly #bundle = join(this.#root, 'dist/worker.js');
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

  /** Runs the tests on the unchanged code. They must pass; otherwise no result about a mutant is meaningful. */
  async passes(file: string): Promise<boolean> {
    return (await this.#vitest(['related', '--run', file, ...UNIT], 600_000)) === 0;
  }

  /** Tries one mutant by one stage of the tests. Tests that do not end have noticed it. */
  async try(mutant: Mutant, stage: Stage): Promise<Outcome> {
    const args = ARGUMENTS[stage](mutant.file);
    if (args === undefined) return 'survived';
    return this.#with(mutant, async () => {
      // Tests that call the source need no bundle, only one that is not older than the source.
      if (CALLS_SOURCE.has(stage)) utimesSync(this.#bundle, new Date(), new Date());
      else if (!(await this.build())) return 'killed';
      const code = await this.#vitest(args, LONGEST_MS[stage]);
      return code === 0 ? 'survived' : 'killed';
    });
  }

  /** Whether the compiler accepts a mutant. `npm run check` notices the others, so that no test has to. */
  compiles(mutant: Mutant): Promise<boolean> {
    const args = ['--noEmit', '--incremental', '--tsBuildInfoFile', 'node_modules/.tsbuildinfo'];
    return this.#with(mutant, async () => {
      const code = await this.#run('node', ['node_modules/typescript/bin/tsc', ...args], 120_000);
      return code === 0;
    });
  }

  /** Makes the change for as long as `work` takes. */
  async #with<Result>(mutant: Mutant, work: () => Promise<Result>): Promise<Result> {
    const path = join(this.#root, mutant.file);
    const source = readFileSync(path, 'utf8');
    writeFileSync(path, applyMutant(mutant, source));
    try {
      return await work();
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

/** `src/tokens/key-set.ts` is of `tokens`, `src/routes/gate/gate.ts` of `routes/gate`. */
function likelyTestsOf(file: string): readonly string[] | undefined {
  const [, room = '', route] = file.split('/');
  return LIKELY[room] ?? LIKELY[`${room}/${route}`];
}

/** `src/http/paths.ts` → `test/http/paths.test.ts`. */
function ownTestOf(file: string): string {
  return file.replace(/^src\//, 'test/').replace(/\.ts$/, '.test.ts');
}

const UNIT = ['--project', 'unit'];
/** Without the tests of what the repository has beside the gate. */
const OF_THE_GATE = ['unit', 'gate', 'faults', 'isolates', 'simulations'].flatMap((part) => [
  '--project',
  part,
]);

/** Returns the tests that vitest runs in each stage for a mutant of this file; `undefined` if there are none. */
const ARGUMENTS: Readonly<Record<Stage, (file: string) => readonly string[] | undefined>> = {
  own: (file) => {
    const test = ownTestOf(file);
    return existsSync(inRepository(test)) ? ['run', test] : undefined;
  },
  importing: (file) => ['related', '--run', file, ...UNIT],
  likely: (file) => {
    const tests = likelyTestsOf(file);
    return tests && ['run', ...tests];
  },
  all: () => ['run', ...OF_THE_GATE],
};
