import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../src/runtime/json.ts';
import { compactText } from '../../src/session/compact-text.ts';
import { TextSession } from '../../src/session/text-session.ts';

const ISSUER = 'https://auth.example.test/';

function sessionOf(text: string): TextSession {
  const ids = { id: 'session-1', identityId: 'identity-1' };
  return new TextSession({
    ...ids,
    expiresAt: 1,
    text: compactText(text),
    issuer: ISSUER,
    parsed: JSON.parse(text),
  });
}

/** Reads so many other documents that no earlier one is still parsed. */
function readOthers(): void {
  for (let other = 0; other < 300; other += 1) sessionOf(`{"other":${other}}`);
}

function isFrozenWhole(value: JsonValue): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(isFrozenWhole);
}

const spaces = fc.constantFrom(undefined, 1, '\t');
const documents = fc
  .dictionary(
    fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', 'issuer', 'identity')),
    fc.jsonValue(),
  )
  .map((members): JsonObject => members as JsonObject); // fc.jsonValue() gives JSON values only

describe('TextSession', () => {
  it('gives the same document at once and parsed again', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(documents, spaces), { maxLength: 5 }), (list) => {
        const texts = list.map(([document, space]) => JSON.stringify(document, null, space));
        const sessions = texts.map(sessionOf);
        const atOnce = sessions.map(({ document }) => document);
        readOthers();
        for (const [index, session] of sessions.entries()) {
          const again = session.document;
          const expected = { ...JSON.parse(texts[index] ?? ''), issuer: ISSUER };
          expect(again).not.toBe(atOnce[index]); // it was not kept, so this compares two parses
          expect(isDeepStrictEqual(atOnce[index], expected)).toBe(true);
          expect(isDeepStrictEqual(again, expected)).toBe(true);
          expect(isFrozenWhole(again)).toBe(true);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('parses a document that is read again and again only once', () => {
    const session = sessionOf('{"id":"a"}');
    const { document } = session;
    for (let other = 0; other < 1000; other += 1) {
      sessionOf(`{"other":${other}}`);
      if (other % 200 === 0) expect(session.document).toBe(document);
    }
  });

  it('does not keep many large documents parsed', () => {
    const large = (index: number) => `{"id":"${index}","text":"${'x'.repeat(250_000)}"}`;
    const sessions = [0, 1, 2, 3].map((index) => sessionOf(large(index)));
    const [first, , , last] = sessions.map(({ document }) => document);
    expect(sessions[0]?.document.id).toBe('0');
    expect(first?.id).toBe('0');
    expect(last?.id).toBe('3');
    const [before] = sessions.map(({ document }) => document);
    for (const { document } of sessions.slice(1)) expect(document.issuer).toBe(ISSUER);
    expect(sessions[0]?.document).not.toBe(before);
  });

  it('cannot be changed', () => {
    const session = sessionOf('{"id":"a"}');
    expect(() => Object.assign(session, { id: 'x' })).toThrow(TypeError);
    expect(() => Object.assign(session.identity, { id: 'x' })).toThrow(TypeError);
    expect(() => Object.assign(session, { document: {} })).toThrow(TypeError);
  });
});
