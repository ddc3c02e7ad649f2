import { join } from 'node:path';

/** The absolute path of something in this repository, given relative to its root. */
export function inRepository(relativePath: string): string {
  return join(import.meta.dirname, '..', '..', relativePath);
}
