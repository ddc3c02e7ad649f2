/**
 * npm run counts [-- --json]
 *
 * What the real code asks of the store, of KV and of the log for a fixed trace: counts, not times, so that they are
 * the same everywhere. bench/counts.json has the most that is allowed; exits with 1 when a count is beyond it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCommandLine } from '../cli/command-line.ts';
import { type Counts, countTrace } from './trace-counts.ts';

const { values } = readCommandLine('usage: npm run counts [-- --json]', {
  options: { json: { type: 'boolean', default: false } },
});
const counts = await countTrace();
const allowed = JSON.parse(
  readFileSync(join(import.meta.dirname, 'counts.json'), 'utf8'),
) as Counts; // held to its shape by test/bench/counts.test.ts

if (values.json) {
  console.log(JSON.stringify(counts));
} else {
  console.log('                          counted  allowed');
  for (const [name, count] of Object.entries(counts)) {
    const most = allowed[name as keyof Counts]; // the names of a Counts are its keys
    console.log(`${name.padEnd(24)} ${String(count).padStart(8)} ${String(most).padStart(8)}`);
  }
}
const grown = Object.entries(counts).filter(
  ([name, count]) => count > allowed[name as keyof Counts],
);
for (const [name] of grown) console.error(`${name} has grown beyond bench/counts.json`);
if (grown.length > 0) process.exitCode = 1;
