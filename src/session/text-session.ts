// No I/O, no clock.
import { deepFreeze } from '../runtime/freeze.ts';
import type { JsonObject } from '../runtime/json.ts';
import { MemoryTier } from '../runtime/memory-cache.ts';
import { type CompactText, wholeText } from './compact-text.ts';
import type { Identity, Session } from './session.ts';

export interface TextSessionOptions extends Pick<Session, 'id' | 'expiresAt'> {
  readonly identityId: string;
  /** The document as JSON text. It must be an object. */
  readonly text: CompactText;
  /** The member `issuer` of the document, in place of one in the text. */
  readonly issuer: string;
  /** The object that the text was parsed to. */
  readonly parsed: JsonObject;
}

/** The sum over the texts of all parsed documents. A document takes several times the memory of its text. */
const MAX_TEXT_BYTES = 512 * 1024;
/**
 * Documents that were read last, parsed. Most requests need none: they use the ids, the text, or values that were made
 * from the document.
 */
const parsedDocuments = new MemoryTier<JsonObject, TextSession>({
  maxEntries: 256,
  maxBytes: MAX_TEXT_BYTES,
});

/**
 * A session that keeps its document as text. The document takes more memory than the text, so it is parsed when it is
 * read, and kept parsed only among those that were read last.
 */
export class TextSession implements Session {
  readonly id: string;
  readonly identity: Identity;
  readonly expiresAt: number;
  readonly #text: CompactText;
  readonly #issuer: string;

  constructor({ id, identityId, expiresAt, text, issuer, parsed }: TextSessionOptions) {
    this.id = id;
    this.identity = Object.freeze({ id: identityId });
    this.expiresAt = expiresAt;
    this.#text = text;
    this.#issuer = issuer;
    Object.freeze(this);
    this.#keepParsed(parsed);
  }

  /** Each read returns an equal document, and not always the same object. */
  get document(): JsonObject {
    const parsed = parsedDocuments.read(this);
    if (parsed !== undefined) return parsed;
    return this.#keepParsed(JSON.parse(wholeText(this.#text)) as JsonObject); // as it was parsed before
  }

  #keepParsed(parsed: JsonObject): JsonObject {
    const document = deepFreeze({ ...parsed, issuer: this.#issuer });
    parsedDocuments.keep(this, document, this.#text.length);
    return document;
  }
}
