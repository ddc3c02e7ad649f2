/** Bundles the Worker into dist/ as a deployment would, and refuses a bundle that has grown too large. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const MAX_GZIPPED_BYTES = 110 * 1024;

execFileSync('wrangler', ['deploy', '--dry-run', '--outdir', 'dist'], {
  stdio: ['ignore', 'ignore', 'inherit'],
  env: { ...process.env, WRANGLER_SEND_METRICS: 'false' },
});
const bytes = gzipSync(readFileSync('dist/worker.js')).byteLength;
const kib = (bytes / 1024).toFixed(1);
if (bytes > MAX_GZIPPED_BYTES) {
  console.error(`dist/worker.js is ${kib} KiB gzipped; at most 110 KiB are allowed.`);
  process.exit(1);
}
// Not to stdout, which is for whatever is run with the bundle: npm run -s bench -- --json | jq
console.error(`dist/worker.js: ${kib} KiB gzipped (at most 110)`);
