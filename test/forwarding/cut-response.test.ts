import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cutWhenOver } from '../../src/forwarding/cut-response.ts';
import type { SessionStatus } from '../../src/forwarding/session-watch.ts';

// The platform's stream that passes bytes on as they are; a standard TransformStream does the same.
beforeEach(() => vi.stubGlobal('IdentityTransformStream', TransformStream));
afterEach(() => vi.unstubAllGlobals());

function createVigil() {
  const { promise: over, resolve } = Promise.withResolvers<Exclude<SessionStatus, 'pass'>>();
  return { over, stop: vi.fn(), end: () => resolve('deny') };
}

/** A body of these chunks, which goes on after them unless it is whole. */
function bodyOf(chunks: string[], isWhole: boolean, cancel = vi.fn()): ReadableStream {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
      if (isWhole) controller.close();
    },
    cancel,
  });
}

describe('cutWhenOver()', () => {
  it('passes a whole body on, and stops watching at its end', async () => {
    const watch = createVigil();
    const response = cutWhenOver(new Response(bodyOf(['a', 'b'], true)), watch);
    expect(watch.stop).not.toHaveBeenCalled();
    expect(await response.text()).toBe('ab');
    await vi.waitFor(() => expect(watch.stop).toHaveBeenCalled());
  });

  it('watches no answer without a body', () => {
    const watch = createVigil();
    const response = new Response(null, { status: 204 });
    expect(cutWhenOver(response, watch)).toBe(response);
    expect(watch.stop).toHaveBeenCalledOnce();
  });

  it('cuts the body when the session ends, and releases the origin', async () => {
    const watch = createVigil();
    const cancel = vi.fn();
    const reader = cutWhenOver(new Response(bodyOf(['a'], false, cancel)), watch).body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('a');
    watch.end();
    await expect(reader?.read()).rejects.toThrow();
    await vi.waitFor(() => expect(watch.stop).toHaveBeenCalled());
    expect(cancel).toHaveBeenCalledOnce();
  });

  it('stops watching when the client stops reading', async () => {
    const watch = createVigil();
    const cancel = vi.fn();
    const { body } = cutWhenOver(new Response(bodyOf(['a'], false, cancel)), watch);
    await body?.cancel();
    await vi.waitFor(() => expect(watch.stop).toHaveBeenCalled());
    expect(cancel).toHaveBeenCalledOnce();
  });
});
