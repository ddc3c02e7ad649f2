import { describe, expect, it, vi } from 'vitest';
import { sendToOrigin } from '../../src/forwarding/origin.ts';
import { plainReading } from '../../src/http/path-readings.ts';
import { authority } from '../support/authority.ts';

const CALL = { input: 'https://origin.example.test/', init: { headers: new Headers() } };
const TIMEOUT_MS = 20;
const PASSAGE = {
  session: undefined,
  reason: undefined,
  target: {
    method: 'GET',
    host: authority('app.example.test'),
    path: '/',
    decodedPath: '/',
    readings: [plainReading('/')] as const,
    search: '',
  },
};

interface Answer {
  readonly status?: number;
  readonly body?: ReadableStream;
  readonly webSocket?: { accept(): void; close(): void } | null;
}

/** An answer as the platform gives it: of any status, and with a socket where an upgrade was taken. */
function answerOf({ status = 200, body, webSocket = null }: Answer = {}): Response {
  const response = new Response(body ?? null);
  return Object.defineProperties(response, {
    status: { value: status },
    webSocket: { value: webSocket },
  });
}

function origin(fetch: () => Promise<Response>) {
  return sendToOrigin(CALL, { fetch, timeoutMs: TIMEOUT_MS }, PASSAGE);
}

const later = <Value>(make: () => Value) =>
  new Promise<Value>((resolve) => setTimeout(() => resolve(make()), 3 * TIMEOUT_MS));

/** A body or socket whose end is recorded. */
function recorded() {
  const cancel = vi.fn();
  const webSocket = { accept: vi.fn(), close: vi.fn() };
  return { cancel, webSocket, body: new ReadableStream({ cancel }) };
}

describe('sendToOrigin()', () => {
  // RFC 9110 section 15: 1xx is interim, and a status has three digits of which the first is 1 to 5.
  it('returns final answers, and 101 with its socket', async () => {
    for (const status of [200, 302, 404, 599]) {
      const answer = answerOf({ status });
      expect(await origin(async () => answer)).toEqual({ ok: true, value: answer });
    }
    const upgraded = answerOf({ status: 101, webSocket: recorded().webSocket });
    expect(await origin(async () => upgraded)).toEqual({ ok: true, value: upgraded });
    for (const status of [101, 103, 199, 600, 999]) {
      const result = await origin(async () => answerOf({ status }));
      expect([status, result]).toEqual([status, { ok: false, failure: 'origin_not_valid' }]);
    }
  });

  it('distinguishes an unreachable origin from a slow one', async () => {
    const refused = async () => {
      throw new TypeError('refused');
    };
    expect(await origin(refused)).toEqual({ ok: false, failure: 'origin_unreachable' });
    const silent = () => new Promise<Response>(() => {});
    expect(await origin(silent)).toEqual({ ok: false, failure: 'origin_timeout' });
  });

  it('releases an unusable answer', async () => {
    const { cancel, body } = recorded();
    await origin(async () => answerOf({ status: 600, body }));
    await vi.waitFor(() => expect(cancel).toHaveBeenCalledOnce());
  });

  it('releases an answer that arrives too late', async () => {
    const { cancel, body } = recorded();
    const result = await origin(() => later(() => answerOf({ body })));
    expect(result).toEqual({ ok: false, failure: 'origin_timeout' });
    await vi.waitFor(() => expect(cancel).toHaveBeenCalledOnce());
  });

  it('closes a socket that opens too late, which the origin would hold open', async () => {
    const { webSocket } = recorded();
    const result = await origin(() => later(() => answerOf({ status: 101, webSocket })));
    expect(result).toEqual({ ok: false, failure: 'origin_timeout' });
    await vi.waitFor(() => expect(webSocket.close).toHaveBeenCalledOnce());
    expect(webSocket.accept).toHaveBeenCalledBefore(webSocket.close); // the platform takes no close before
  });

  it('ignores a call that fails too late', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const fails = () => later(() => undefined).then(() => Promise.reject(new TypeError('reset')));
    expect(await origin(fails)).toEqual({ ok: false, failure: 'origin_timeout' });
    await new Promise((resolve) => setTimeout(resolve, 5 * TIMEOUT_MS));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
});
