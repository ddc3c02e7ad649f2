/** The parts of the test suite. Each is a project of vitest: `npx vitest run --project faults`. */

export interface Part {
  readonly name: string;
  readonly shows: string;
  readonly include: readonly string[];
  /** Whether `npm test` runs this part. `npm run test:all` runs all parts. */
  readonly isQuick: boolean;
  /** Whether its tests run the built Worker. */
  readonly needsBuild: boolean;
  /** Variables of the environment that make this part what it is. Without them, vitest does not know the part. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Files that run at the same time on two cores. Tests that wait for real time leave room for a third. */
  readonly workers?: number;
}

const inFolders = (...folders: string[]) => folders.map((folder) => `test/${folder}/**/*.test.ts`);

const SLOW_PARTS: readonly Part[] = [
  {
    name: 'faults',
    shows: 'two faults at once, and a log that is far away, by real time',
    include: [...inFolders('faults'), 'test/gateway/far-and-garbled-log.test.ts'],
    isQuick: false,
    needsBuild: true,
  },
  {
    name: 'isolates',
    shows: 'revocations through three isolates, and changes in a real database, by real time',
    include: [
      ...inFolders('isolates'),
      ...['changes', 'faults', 'told'].map((name) => `test/gateway/outbox-${name}.test.ts`),
    ],
    isQuick: false,
    needsBuild: true,
  },
  {
    name: 'simulations',
    shows: 'random schedules in a simulated world',
    include: [
      'test/session-changes/doors.test.ts',
      ...['bound', 'race', 'flood'].map((name) => `test/revocation/${name}.test.ts`),
      'test/outbox/writers.test.ts',
    ],
    isQuick: false,
    needsBuild: false,
  },
  {
    name: 'programs',
    shows: 'real proxies and clients, what npm run dev prints, and the package as npm installs it',
    include: [
      ...inFolders('proxies', 'clients', 'local'),
      ...['tarball', 'templates'].map((name) => `test/package/${name}.test.ts`),
    ],
    isQuick: false,
    needsBuild: true,
  },
  {
    name: 'hono',
    shows: 'the gate once more, inside of a Hono app',
    include: inFolders('gateway', 'hostile'),
    isQuick: false,
    needsBuild: true,
    variables: { GATE_COMPOSITION: 'hono' },
    workers: 3,
  },
  {
    name: 'browser',
    shows: 'a person with Chromium, on pages behind the gate',
    include: inFolders('browser'),
    isQuick: false,
    needsBuild: true,
  },
  {
    name: 'deployment',
    shows: 'check-config and deploy, each call a process of its own',
    include: ['asset-settings', 'check-config'].map((name) => `test/cli/${name}.test.ts`),
    isQuick: false,
    needsBuild: true,
  },
];

const SLOW_TESTS = SLOW_PARTS.filter(({ variables }) => variables === undefined).flatMap(
  ({ include }) => include,
);

/** Tests that mirror rooms of `src/` and call them directly. */
const UNIT = inFolders(
  ...['app', 'config', 'credentials', 'errors', 'forwarding', 'http', 'observability', 'providers'],
  ...['refusals', 'revocation', 'routes', 'rules', 'runtime', 'session', 'session-changes'],
  ...['sessions', 'tokens', 'exchange', 'outbox'],
);

/** Tests of what the repository has beside the gate. They bring their own Workers or need none. */
const TOOLS = inFolders('support', 'standins', 'bench', 'docs', 'mutation');

/** Returns the parts for which the environment has the variables. */
export function partsIn(
  environment: Readonly<Record<string, string | undefined>>,
): readonly Part[] {
  return PARTS.filter(({ variables = {} }) =>
    Object.entries(variables).every(([name, value]) => environment[name] === value),
  );
}

/** The tests that a part includes and another part already runs. */
export function excludedFrom({ name, isQuick }: Part): readonly string[] {
  if (!isQuick) return [];
  return name === 'gate' ? [...UNIT, ...TOOLS, ...SLOW_TESTS] : SLOW_TESTS;
}

export const PARTS: readonly Part[] = [
  {
    name: 'unit',
    shows: 'the files of src/, called directly',
    include: UNIT,
    isQuick: true,
    needsBuild: false,
  },
  {
    name: 'tools',
    shows: 'stand-ins, test support, benchmarks, docs',
    include: TOOLS,
    isQuick: true,
    needsBuild: false,
  },
  {
    name: 'gate',
    shows: 'the built Worker, over raw sockets',
    include: ['test/**/*.test.ts'], // so that a test in a new folder runs
    isQuick: true,
    needsBuild: true,
    workers: 3,
  },
  ...SLOW_PARTS,
];
