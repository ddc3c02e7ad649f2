/**
 * npm run simulate [-- --sessions 10000000] [--locations 300] [--isolates 3000] [--hours 24] [--full] [--json] [--out FOLDER]
 *
 * The real tiers, freshness and revocation under a simulated clock and network: prints tables and, with `--out`,
 * writes the plots. A minute by default; `--full` simulates ten times as many requests.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCommandLine, readWholeNumber } from '../../cli/command-line.ts';
import { experiment, type Scale } from './experiment.ts';
import { draw } from './figure.ts';
import { plot } from './plots.ts';
import { summarise, table } from './report.ts';

const USAGE =
  'usage: npm run simulate [-- --sessions 10000000] [--locations 300] [--isolates 3000] [--hours 24] [--full] [--json] [--out FOLDER]';

const { values } = readCommandLine(USAGE, {
  options: {
    sessions: { type: 'string', default: '10000000' },
    locations: { type: 'string', default: '300' },
    isolates: { type: 'string', default: '3000' },
    hours: { type: 'string', default: '24' },
    full: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});

const scale: Scale = {
  sessions: readWholeNumber('sessions', values.sessions, 10_000_000),
  locations: readWholeNumber('locations', values.locations, 300),
  isolates: readWholeNumber('isolates', values.isolates, 3000),
  hours: readWholeNumber('hours', values.hours, 24),
  simulatedRequestsPerDay: values.full ? 500_000 : 50_000,
  witnesses: values.full ? 60 : 12,
  trials: values.full ? 200 : 30,
  comparesSample: values.full,
};

const startedAt = performance.now();
const findings = await experiment(scale, (what) => {
  if (!values.json) process.stderr.write(`\r\x1b[K${seconds()} s  ${what}`);
});
if (!values.json) process.stderr.write(`\r\x1b[K${seconds()} s in all\n\n`);

const { scale: shown, ...tables } = summarise(findings);
if (values.json) {
  console.log(JSON.stringify({ scale: shown, ...tables }));
} else {
  for (const [name, rows] of Object.entries(tables)) {
    if (rows.length > 0) console.log(`${name}\n\n${table(rows)}\n`);
  }
}
if (values.out !== undefined) {
  mkdirSync(values.out, { recursive: true });
  for (const [name, figure] of plot(findings)) {
    writeFileSync(join(values.out, name), await draw(figure));
  }
}

function seconds(): string {
  return ((performance.now() - startedAt) / 1000).toFixed(0);
}
