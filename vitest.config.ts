import { defineConfig } from 'vitest/config';

/** Tests that bring their own Workers or need none, and so run without a build of the gate. */
const WITHOUT_BUILD = [
  'test/support/**/*.test.ts',
  'test/standins/**/*.test.ts',
  'test/bench/**/*.test.ts',
  'test/docs/**/*.test.ts',
  'test/mutation/**/*.test.ts',
];

export default defineConfig({
  test: {
    environment: 'node',
    testTimeout: 20_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: 'without-build', include: WITHOUT_BUILD } },
      {
        extends: true,
        test: {
          name: 'gate',
          include: ['test/**/*.test.ts'],
          exclude: WITHOUT_BUILD,
          globalSetup: ['test/support/global-setup.ts'],
        },
      },
    ],
  },
});
