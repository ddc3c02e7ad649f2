import { defineConfig } from 'vitest/config';

/** Tests that mirror rooms of `src/` and call them directly. They run without a build: `npm run test:unit`. */
const UNIT = [
  'app',
  'config',
  'credentials',
  'errors',
  'forwarding',
  'http',
  'observability',
  'providers',
  'refusals',
  'revocation',
  'routes',
  'rules',
  'runtime',
  'session',
  'session-changes',
  'sessions',
  'tokens',
].map((room) => `test/${room}/**/*.test.ts`);

/** Tests of what the repository has beside the gate. They bring their own Workers or need none. */
const TOOLS = ['support', 'standins', 'bench', 'docs', 'mutation'].map(
  (folder) => `test/${folder}/**/*.test.ts`,
);

export default defineConfig({
  test: {
    environment: 'node',
    testTimeout: 20_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: 'unit', include: UNIT } },
      { extends: true, test: { name: 'tools', include: TOOLS } },
      {
        extends: true,
        test: {
          name: 'gate',
          include: ['test/**/*.test.ts'],
          exclude: [...UNIT, ...TOOLS],
          globalSetup: ['test/support/global-setup.ts'],
        },
      },
    ],
  },
});
