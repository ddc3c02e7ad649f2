// The package `postern`: `npm pack` runs this first. `cli/build.ts` bundles the Worker that is deployed.
import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: { postern: 'src/worker.ts', origin: 'src/package/origin.ts' },
  outDir: 'dist/package',
  format: 'esm',
  platform: 'neutral',
  target: 'es2024',
  sourcemap: true,
  dts: true,
  deps: { neverBundle: [/^cloudflare:/] },
});
