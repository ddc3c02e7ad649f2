/** Products that trust a header, read from the comments in src/forwarding/believed-headers.ts. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const SOURCE = join(import.meta.dirname, '../src/forwarding/believed-headers.ts');
const LIST = /const IDENTITY_OF_PRODUCTS[^[]*\[\]? = \[\n([\s\S]*?)\n\];/;
const LINE = /^ {2}'([^']+)', \/\/ (.+?): (?:https:\/\/\S+|the same)/gm;

/** Each folded name, or its beginning with `*` at the end, with the product that trusts it. */
export const BELIEVERS: ReadonlyMap<string, string> = readBelievers();

/** Returns the products that trust a folded name as proof of identity. */
export function believersOf(folded: string): string | undefined {
  for (const [name, product] of BELIEVERS) {
    const isIt = name.endsWith('*') ? folded.startsWith(name.slice(0, -1)) : folded === name;
    if (isIt) return product;
  }
  return undefined;
}

function readBelievers(): ReadonlyMap<string, string> {
  const list = LIST.exec(readFileSync(SOURCE, 'utf8'))?.[1] ?? '';
  const found = Array.from(
    list.matchAll(LINE),
    ([, name = '', product = '']) => [name, product] as const,
  );
  const names = list.match(/^ {2}'/gm)?.length ?? 0;
  if (found.length === 0 || found.length !== names) {
    throw new Error(`${SOURCE}: ${names} names, of which ${found.length} say who believes them`);
  }
  return new Map(found);
}
