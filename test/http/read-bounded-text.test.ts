import { describe, expect, it } from 'vitest';
import { BROKEN_OFF, readBoundedText, TOO_LONG } from '../../src/http/read-bounded-text.ts';

/** A stream passes on what its source rejects with (WHATWG Streams, ReadableStreamCancel). */
const refuseToCancel = () => Promise.reject(new Error('the connection is gone'));
const chunk = new TextEncoder().encode('four');

describe('readBoundedText()', () => {
  it.each([
    ['by its declared length', { 'content-length': '5' }],
    ['by its bytes', undefined],
  ])(
    'reports a body that is too long %s, even if its connection cannot be closed',
    async (_, headers) => {
      const start = (controller: ReadableStreamDefaultController<Uint8Array>) =>
        controller.enqueue(chunk);
      const body = new ReadableStream<Uint8Array>({ start, cancel: refuseToCancel });
      expect(await readBoundedText(new Response(body, headers && { headers }), 3)).toBe(TOO_LONG);
    },
  );

  it.each([
    ['by its declared length', { 'content-length': '5' }],
    ['by its bytes', undefined],
  ])('closes the connection of a body that is too long %s', async (_, headers) => {
    let isClosed = false;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(chunk),
      cancel: () => {
        isClosed = true;
      },
    });
    expect(await readBoundedText(new Response(body, headers && { headers }), 3)).toBe(TOO_LONG);
    expect(isClosed).toBe(true);
  });

  it('reports a body whose connection failed before its end', async () => {
    const start = (controller: ReadableStreamDefaultController<Uint8Array>) =>
      controller.enqueue(chunk);
    const body = new ReadableStream<Uint8Array>({
      start,
      pull: () => Promise.reject(new Error('connection reset')),
    });
    expect(await readBoundedText(new Response(body), 100)).toBe(BROKEN_OFF);
  });
});
