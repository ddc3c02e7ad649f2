import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'oxc-parser';
import { inRepository } from '../support/repository.ts';

/** One docblock of `src/`, as prose: without stars, tags, code and links. */
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

export function opensWithClause({ sentences }: Docblock): boolean {
  return WH_OPENING.test(sentences[0] ?? '');
}

export function hasEmptySubject(sentence: string): boolean {
  return EMPTY_SUBJECT.test(sentence);
}

export function readDocblocks(): Docblock[] {
  const root = inRepository('src');
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .flatMap((name) => docblocksOf(`src/${name}`, readFileSync(join(root, name), 'utf8')));
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
