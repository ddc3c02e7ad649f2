// No I/O, no clock.
import { deepFreeze } from '../runtime/freeze.ts';
import type { JsonObject } from '../runtime/json.ts';
import { MemoryTier } from '../runtime/memory-cache.ts';
import type { Identity, Session } from './session.ts';

export interface TextSessionOptions extends Pick<Session, 'id' | 'expiresAt'> {
  readonly identityId: string;
  /** The document as JSON text. It must be an object. */
  readonly text: string;
  /** The member `issuer` of the document, in place of one in the text. */
  readonly issuer: string;
  /** The object that the text was parsed to. */
  readonly parsed: JsonObject;
}

/** Characters of the largest JSON text that is kept parsed. Objects take several times the memory of their text. */
const MAX_PARSED_CHARACTERS = 512 * 1024;
/**
 * Documents that were read last, parsed. Most requests need none: they use the ids, the text, or values that were made
 * from the document.
 */
const parsedDocuments = new MemoryTier<JsonObject, TextSession>({
  maxEntries: 256,
  maxBytes: MAX_PARSED_CHARACTERS,
});

/**
 * A session that keeps its document as text. The document takes more memory than the text, so it is parsed when it is
 * read, and kept parsed only among those that were read last.
 */
export class TextSession implements Session {
  readonly id: string;
  readonly identity: Identity;
  readonly expiresAt: number;
  readonly #text: string;
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
    // The text was parsed to an object before.
    return parsedDocuments.read(this) ?? this.#keepParsed(JSON.parse(this.#text) as JsonObject);
  }

  #keepParsed(parsed: JsonObject): JsonObject {
    const document = deepFreeze({ ...parsed, issuer: this.#issuer });
    parsedDocuments.keep(this, document, this.#text.length);
    return document;
  }
}
