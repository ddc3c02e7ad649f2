import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'oxc-parser';
import { inRepository } from '../support/repository.ts';
import { type Page, proseOf } from './pages.ts';

/** One docblock, as prose: without stars, tags, code and links. */
export interface Docblock {
  readonly file: string;
  readonly line: number;
  readonly sentences: readonly string[];
}

/** Words that open a clause without a noun. "When" and "whether" are left out: they open a condition. */
const WH_OPENING =
  /^(?:what|who|whose|whom|whoever|whatever|where|wherever|how|why|which|whichever)\b/i;
/** The subject is what stands before the verb: at the beginning, or after a comma, `and`, `but`, `so` or `that`. */
const EMPTY_SUBJECT =
  /(?:^|[,;:]\s+(?:and |but |so |that )?|\b(?:and|but|so|that|while|because|as|if|when)\s)(?:nobody|nothing|none|whoever|whatever|neither|no one)\b/i;

export function opensWithClause({ sentences }: Pick<Docblock, 'sentences'>): boolean {
  return WH_OPENING.test(sentences[0] ?? '');
}

export function hasEmptySubject(sentence: string): boolean {
  return EMPTY_SUBJECT.test(sentence);
}

/** The docblocks of all files below a folder such as `src`. */
export function readDocblocks(folder: string): Docblock[] {
  const root = inRepository(folder);
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .flatMap((name) => docblocksOf(`${folder}/${name}`, readFileSync(join(root, name), 'utf8')));
}

function docblocksOf(file: string, source: string): Docblock[] {
  const { comments } = parseSync(file, source);
  return comments
    .filter(({ type, value }) => type === 'Block' && value.startsWith('*'))
    .map(({ value, start }) => ({
      file,
      line: source.slice(0, start).split('\n').length,
      sentences: sentencesOf(value),
    }))
    .filter(({ sentences }) => sentences.length > 0);
}

/** The sentences of one page of the documentation. */
export interface PageWords {
  readonly path: string;
  /** Sentences of paragraphs and lists. */
  readonly prose: readonly string[];
  /** Sentences of tables. Many cells are no whole sentence, so their length says little. */
  readonly cells: readonly string[];
}

/** Reads a page without its code, headings and HTML comments. A link counts as its text. */
export function readPageWords(page: Page): PageWords {
  const text = proseOf(page)
    .replace(/<!--[\s\S]*?-->|^#+ .*$|^\s*\|[\s|:-]+\|$/gm, '')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/\*\*/g, '');
  const lines = text.split('\n');
  const isRow = (line: string) => /^\s*\|/.test(line);
  const paragraphs = lines
    .map((line) => (isRow(line) ? '' : line))
    .join('\n')
    .split(/\n\s*\n|\n(?=\s*(?:[-*]|\d+\.)\s)/)
    .map((paragraph) => paragraph.replace(/^\s*(?:[-*]|\d+\.)\s/, ''));
  const cells = lines.filter(isRow).flatMap((row) => row.split(/(?<!\\)\|/));
  return {
    path: page.path,
    prose: paragraphs.flatMap(sentencesOf),
    cells: cells.flatMap(sentencesOf),
  };
}

/** The mean number of words in a sentence. */
export function meanLength(sentences: readonly string[]): number {
  const words = sentences.flatMap((sentence) => sentence.match(/[\p{L}\p{N}][^\s]*/gu) ?? []);
  return words.length / Math.max(1, sentences.length);
}

/** The sentences of a comment's text, tags such as `@returns` included as sentences of their own. */
export function sentencesOf(comment: string): string[] {
  const prose = comment
    .replace(/^\*|^\s*\*/gm, ' ')
    .replace(/\{@link (\w+)[^}]*\}/g, '$1')
    .replace(/`[^`]*`/g, 'it')
    .replace(/@(?:returns|param \w+|throws|see|default)\s*/g, '. ')
    .replace(/\s+/g, ' ');
  return prose
    .split(/(?<=[.!?:])\s+(?=[A-Z“"(]|it\b)|\s\.\s/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => /\w{2}/.test(sentence));
}
