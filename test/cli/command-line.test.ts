import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { inRepository } from '../support/repository.ts';

const PROGRAMS = [
  'cli/check-config.ts',
  'cli/explain.ts',
  'standins/dev.ts',
  'bench/run.ts',
  'bench/profile.ts',
  'bench/counts.ts',
  'bench/simulate/run.ts',
];

function call(program: string, ...parameters: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [inRepository(program), ...parameters],
    { encoding: 'utf8' },
  );
  return { status, stdout, lines: stderr.trimEnd().split('\n') };
}

describe.each(PROGRAMS)('%s', (program) => {
  it('reports the mistake in a wrong call with the usage, and does no work', () => {
    const { status, stdout, lines } = call(program, '--nonsense');
    expect([status, stdout]).toEqual([2, '']);
    expect(lines[0]).toMatch(/^Unknown option '--nonsense'/);
    expect(lines[1]).toMatch(/^usage: npm run [a-z-]+/);
    // After it only the options are told.
    expect(lines.slice(2).filter((line) => !/^(?: {2}--[a-z]+ .+)?$/.test(line))).toEqual([]);
  });

  it('shows its usage with --help', () => {
    const { status, stdout } = call(program, '--help');
    expect([status, stdout]).toEqual([
      0,
      expect.stringMatching(/^usage: npm run [^\n]+\n(?:\n {2}--[a-z]+ .+\n)?$/),
    ]);
  });
});

it.each([
  ['bench/run.ts', '--rounds', 'x'],
  ['bench/run.ts', '--seconds', '0'],
  ['bench/profile.ts', 'bare', '--seconds', '1.5'],
  ['bench/simulate/run.ts', '--hours', '25'],
])('%s %s %s is refused', (program, ...parameters) => {
  const { status, lines } = call(program, ...parameters);
  expect([status, lines.length]).toEqual([2, 1]);
  expect(lines[0]).toMatch(/^--[a-z]+: expected a whole number from 1 to \d+; got \S+\.$/);
});
