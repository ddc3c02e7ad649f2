import type { Result } from '../runtime/result.ts';
import type { Condition } from './condition.ts';

let language: typeof import('./condition-language.ts') | undefined;

/**
 * Loads the condition language. It is a fifth of the Worker's code, and only rules with `allow` need it. Rejects when
 * its module is missing or does not start; the next call tries again.
 */
export async function loadConditionLanguage(): Promise<void> {
  try {
    // Each request waits for its own promise. The runtime evaluates the module once for all requests.
    language ??= await import('./condition-language.ts');
  } catch (error) {
    throw new Error(
      `The condition language could not be loaded (${error}). Deploy condition-language.js beside worker.js, as wrangler.toml does.`,
      { cause: error },
    );
  }
}

/**
 * Compiles a condition. The failure is a text for the operator that names what was expected. Throws until
 * {@link loadConditionLanguage} has loaded the language.
 */
export function compileCondition(source: string): Result<Condition, string> {
  if (language === undefined) throw new Error('compileCondition() before loadConditionLanguage()');
  return language.compileCondition(source);
}
