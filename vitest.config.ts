import { configDefaults, defineConfig } from 'vitest/config';
import { excludedFrom, partsIn } from './test/parts.ts';

export default defineConfig({
  test: {
    environment: 'node',
    testTimeout: 20_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
    projects: partsIn(process.env).map((part) => ({
      extends: true,
      test: {
        name: part.name,
        include: [...part.include],
        exclude: [...configDefaults.exclude, ...excludedFrom(part)],
        isolate: part.needsBuild, // modules of src/ are loaded once for all files: half the CPU time
        globalSetup: part.needsBuild ? ['test/support/global-setup.ts'] : [],
      },
    })),
  },
});
