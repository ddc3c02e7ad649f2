import { compilePathPattern, type PathPattern } from '../../src/rules/path-pattern.ts';

/** The compiled form of a pattern that a test writes; throws for one that is no pattern. */
export function pathPattern(source: string): PathPattern {
  const compiled = compilePathPattern(source);
  if (!compiled.ok) throw new Error(`${source} ${compiled.failure}`);
  return compiled.value;
}
