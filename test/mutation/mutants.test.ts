import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inRepository } from '../support/repository.ts';
import { EQUIVALENT_MUTANTS } from './equivalent-mutants.ts';
import { applyMutant, mutantsOf } from './mutants.ts';

const results = (source: string) =>
  mutantsOf('example.ts', source).map((mutant) => applyMutant(mutant, source));

describe('mutantsOf()', () => {
  it('changes a comparison, its sides and the whole condition', () => {
    expect(results('if (a < 2) b();')).toEqual([
      'if (true) b();',
      'if (false) b();',
      'if (a <= 2) b();',
      'if (a >= 2) b();',
      'if (a < 3) b();',
      'if (a < 2) ;',
    ]);
  });

  it('finds the operator behind parentheses and comments', () => {
    expect(results('const c = (a /* && */) && (b);')).toContain('const c = (a /* && */) || (b);');
  });

  it('leaves types, imports and joined text unchanged', () => {
    expect(results("import a from 'a'; type T = 1 | true; const t: 2 = x as 3; t + 'a';")).toEqual(
      [],
    );
  });

  it('counts lines from 1', () => {
    expect(mutantsOf('example.ts', '\nconst a = true;').map(({ line }) => line)).toEqual([2]);
  });

  it('drops the anchors of a regular expression, but not an escaped dollar', () => {
    expect(results('const a = /^b$/;')).toEqual(['const a = /b$/;', 'const a = /^b/;']);
    expect(results('const a = /b\\$/;')).toEqual([]);
  });

  it('refuses a file that does not parse', () => {
    expect(() => mutantsOf('example.ts', 'const = ;')).toThrow('example.ts does not parse');
  });
});

it.each(EQUIVALENT_MUTANTS)(
  'the list of mutants without an effect names one that exists: $file, $change',
  ({ file, line, change }) => {
    const source = readFileSync(inRepository(file), 'utf8');
    const lines = source.split('\n').map((text) => text.trim());
    const named = mutantsOf(file, source).filter(
      (mutant) =>
        lines[mutant.line - 1] === line && `${mutant.original} → ${mutant.replacement}` === change,
    );
    expect(named).not.toEqual([]);
  },
);
