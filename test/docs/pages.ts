import { readdirSync, readFileSync } from 'node:fs';
import { inRepository } from '../support/repository.ts';

/** One page of the documentation. */
export interface Page {
  /** Relative to the repository, such as `docs/tokens.md`. */
  readonly path: string;
  readonly text: string;
}

/** README.md and all of docs/. */
const TOP_LEVEL = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', 'test/README.md'];

export function readPages(): Page[] {
  const docs = readdirSync(inRepository('docs'), { recursive: true, encoding: 'utf8' });
  const pages = docs.filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`);
  return [...TOP_LEVEL, ...pages].map(readPage);
}

export function readPage(path: string): Page {
  return { path, text: readFileSync(inRepository(path), 'utf8') };
}

/** The page without its blocks of code. */
export function proseOf({ text }: Page): string {
  return text.replace(/^```.*?^```$/gms, '');
}

/** The blocks of code of one language. */
export function codeOf({ text }: Page, language: string): string[] {
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, name, code = '']) =>
    name === language ? [code] : [],
  );
}

/** Anchors of a page's headings, as GitHub makes them. */
export function anchorsOf(page: Page): string[] {
  return [...proseOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
