/** workerd's inspector: the Chrome DevTools protocol, one session for one Worker's isolate. */

export interface Inspector {
  /** Rejects with the protocol's message when the call fails, and when there is no answer for a long time. */
  call(method: string, params?: object): Promise<unknown>;
  close(): void;
}

interface Reply {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  /** Microseconds, one for each sample. */
  readonly timeDeltas: readonly number[];
}

export interface ProfileNode {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly lineNumber: number;
    readonly columnNumber: number;
  };
  readonly children?: readonly number[];
}

const ANSWER_WITHIN_MS = 60_000;

/** `address`: what workerd was given as `--inspector-addr`. */
export async function inspect(address: string, worker: string): Promise<Inspector> {
  const socket = new WebSocket(`ws://${address}/${worker}`);
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', () => reject(new Error(`no inspector for ${worker}`)));
  });
  let nextId = 0;
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  socket.addEventListener('message', ({ data }) => {
    const { id, result, error } = JSON.parse(String(data)) as Reply; // by the protocol
    const caller = waiting.get(id ?? -1);
    if (error === undefined) caller?.resolve(result);
    else caller?.reject(new Error(error.message));
  });
  return {
    call(method, params = {}) {
      const id = ++nextId;
      const caller = Promise.withResolvers<unknown>();
      waiting.set(id, caller);
      socket.send(JSON.stringify({ id, method, params }));
      const late = setTimeout(
        () => caller.reject(new Error(`the inspector does not answer ${method}`)),
        ANSWER_WITHIN_MS,
      );
      return caller.promise.finally(() => clearTimeout(late));
    },
    close: () => socket.close(),
  };
}

/** Bytes of live objects in the isolate, buffers outside V8's heap included. */
export async function liveBytes(inspector: Inspector): Promise<number> {
  await inspector.call('HeapProfiler.enable');
  // workerd never answers HeapProfiler.collectGarbage; a snapshot collects before it is taken.
  await inspector.call('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
  const usage = (await inspector.call('Runtime.getHeapUsage')) as HeapUsage; // by the protocol
  return usage.usedSize + (usage.backingStorageSize ?? 0);
}

interface HeapUsage {
  readonly usedSize: number;
  readonly backingStorageSize?: number;
}

export async function profileDuring(
  inspector: Inspector,
  work: () => Promise<unknown>,
): Promise<CpuProfile> {
  await inspector.call('Profiler.enable');
  await inspector.call('Profiler.setSamplingInterval', { interval: 100 });
  await inspector.call('Profiler.start');
  await work();
  const { profile } = (await inspector.call('Profiler.stop')) as { profile: CpuProfile }; // by the protocol
  return profile;
}
