import type { FaultSettings, LoggedCall } from './faulty-kv/settings.ts';
import type { WireEntry } from './kv-wire.ts';

/** An entry as it lies in the namespace. */
export interface KvEntry {
  readonly name: string;
  readonly value: Uint8Array;
  /** `null` when there is none. */
  readonly metadata: unknown;
  /** Unix seconds; absent when the entry never expires. */
  readonly expiration?: number;
}

/** Options of a value that a test plants. */
export interface PlantOptions {
  readonly metadata?: unknown;
  /** Unix seconds. The in-memory namespace refuses less than 60 s ahead of real time. */
  readonly expiration?: number;
}

/** One call of the gate to the faulty namespace. */
export interface KvCall extends Omit<LoggedCall, 'valueBase64'> {
  /** The value of a `put`. */
  readonly value?: Uint8Array;
}

/** The gate's `SESSIONS`, seen from outside and past any fault. */
export interface KvHandle {
  /** Every live entry, by name; the in-memory namespace expires by real time, the faulty one by the movable clock. */
  entries(): Promise<KvEntry[]>;
  /** Plants an entry; in the faulty namespace it counts as having always been there. */
  put(name: string, value: string | Uint8Array, options?: PlantOptions): Promise<void>;
  delete(name: string): Promise<void>;
  /** Replaces the faults of the faulty namespace; `{}` heals it. */
  setMode(settings: FaultSettings): Promise<void>;
  /** Calls of the gate to the faulty namespace. */
  calls(): Promise<KvCall[]>;
  clearCalls(): Promise<void>;
}

/** A handle on the faulty namespace's control socket. */
export function faultyKv(url: string): KvHandle {
  return {
    ...contents(url),
    setMode: async (settings) => {
      await send(url, 'POST', '/settings', settings);
    },
    calls: async () => {
      const calls = await sendForJson<LoggedCall[]>(url, '/calls');
      return calls.map(({ valueBase64, ...call }) =>
        valueBase64 === undefined ? call : { ...call, value: fromBase64(valueBase64) },
      );
    },
    clearCalls: async () => {
      await send(url, 'DELETE', '/calls');
    },
  };
}

/** A handle on Miniflare's own namespace, without faults and counts. */
export function memoryKv(url: string): KvHandle {
  const reject = refuse('the in-memory namespace cannot: start the gate with kv: "faulty"');
  return { ...contents(url), setMode: reject, calls: reject, clearCalls: reject };
}

/** The handle of a gate without `SESSIONS`. */
export function noKv(): KvHandle {
  const reject = refuse('the gate was started with kv: "none"');
  return {
    entries: reject,
    put: reject,
    delete: reject,
    setMode: reject,
    calls: reject,
    clearCalls: reject,
  };
}

function contents(url: string): Pick<KvHandle, 'entries' | 'put' | 'delete'> {
  return {
    entries: async () => {
      const entries = await sendForJson<WireEntry[]>(url, '/entries');
      return entries.map(({ valueBase64, ...entry }) => ({
        ...entry,
        value: fromBase64(valueBase64),
      }));
    },
    put: async (name, value, { metadata = null, expiration } = {}) => {
      const valueBase64 = Buffer.from(value).toString('base64');
      const lifetime = expiration === undefined ? {} : { expiration };
      await send(url, 'POST', '/entries', { name, valueBase64, metadata, ...lifetime });
    },
    delete: async (name) => {
      await send(url, 'DELETE', `/entries?name=${encodeURIComponent(name)}`);
    },
  };
}

function refuse(message: string): () => Promise<never> {
  return () => Promise.reject(new Error(message));
}

/** The control Workers are of this repository: their answers are taken to have the shape asked for. */
async function sendForJson<T>(url: string, path: string): Promise<T> {
  return JSON.parse(await send(url, 'GET', path)) as T;
}

async function send(url: string, method: string, path: string, body?: unknown): Promise<string> {
  const content = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await fetch(`${url}${path}`, { method, ...content });
  const text = await response.text();
  if (response.ok) return text;
  throw new Error(`KV control: ${method} ${path} answered ${response.status}: ${text}`);
}

function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'));
}
