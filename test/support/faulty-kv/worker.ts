/**
 * A stand-in for a KV namespace that can be told to fail. `Namespace` is bound to the gate in
 * place of the namespace; the default entrypoint is its control, on a socket of its own.
 */
import { WorkerEntrypoint } from 'cloudflare:workers';
import { decodeBase64, encodeBase64 } from '../base64.ts';
import type { WireEntry } from '../kv-wire.ts';
import {
  assertCacheTtl,
  assertKey,
  assertSizes,
  expirationOf,
  kvError,
  type PutOptions,
} from './limits.ts';
import type { Fault, FaultSettings, FaultyOperation, LoggedCall } from './settings.ts';
import { type Moment, type StoredEntry, VersionedStore } from './versioned-store.ts';

/** Longer than any test may run: a call that hangs is cut off by the end of the runtime. */
const HANG_MS = 3_600_000;
const BULK_MAX_KEYS = 100;
const LIST_MAX_KEYS = 1000;

type ReadType = 'text' | 'json' | 'arrayBuffer' | 'stream';
type ReadOptions = ReadType | { readonly type?: ReadType; readonly cacheTtl?: number };
interface ListOptions {
  readonly prefix?: string | null;
  readonly limit?: number;
  readonly cursor?: string | null;
}

const store = new VersionedStore();
let settings: FaultSettings = {};
let calls: LoggedCall[] = [];

/** The methods of a KV namespace, streams excepted. */
export class Namespace extends WorkerEntrypoint {
  async get(key: string | string[], options?: ReadOptions): Promise<unknown> {
    const found = await this.#read('get', key, options);
    return mapValues(found, (entry) => decode(entry, options));
  }

  async getWithMetadata(key: string | string[], options?: ReadOptions): Promise<unknown> {
    const found = await this.#read('getWithMetadata', key, options);
    if (found instanceof Map)
      return mapValues(
        found,
        (entry) => entry && { value: decode(entry, options), metadata: entry.metadata ?? null },
      );
    return { value: decode(found, options), metadata: found?.metadata ?? null, cacheStatus: null };
  }

  async put(
    key: string,
    value: string | ArrayBuffer | ArrayBufferView,
    options: PutOptions = {},
  ): Promise<void> {
    const bytes = bytesOf(value);
    log('put', [key], { options, valueBase64: encodeBase64(bytes) });
    assertKey('PUT', key);
    assertSizes(bytes, options.metadata);
    const expiration = expirationOf(options, Math.floor(Date.now() / 1000));
    await suffer('put', 'PUT');
    assertWriteRate(key);
    const entry = { value: bytes, metadata: options.metadata };
    store.write(key, expiration === undefined ? entry : { ...entry, expiration }, Date.now());
  }

  async delete(key: string): Promise<void> {
    log('delete', [key]);
    assertKey('DELETE', key);
    await suffer('delete', 'DELETE');
    store.write(key, undefined, Date.now());
  }

  async list(options: ListOptions = {}): Promise<unknown> {
    log('list', [], { options });
    await suffer('list', 'GET');
    const from = Number(options.cursor ?? 0);
    const until = from + (options.limit ?? LIST_MAX_KEYS);
    const all = store
      .entries(visibleMoment())
      .filter(([name]) => name.startsWith(options.prefix ?? ''));
    const keys = all.slice(from, until).map(([name, { expiration, metadata }]) => ({
      name,
      ...(expiration !== undefined && { expiration }),
      ...(metadata !== undefined && { metadata }),
    }));
    if (until >= all.length) return { keys, list_complete: true, cacheStatus: null };
    return { keys, list_complete: false, cursor: String(until), cacheStatus: null };
  }

  async #read(
    operation: 'get' | 'getWithMetadata',
    key: string | string[],
    options: ReadOptions | undefined,
  ): Promise<StoredEntry | undefined | Map<string, StoredEntry | undefined>> {
    const keys = [key].flat();
    log(operation, keys, options === undefined ? {} : { options });
    if (keys.length > BULK_MAX_KEYS)
      throw kvError('GET_BULK', 400, `You can request a maximum of ${BULK_MAX_KEYS} keys`);
    for (const name of keys) assertKey('GET', name);
    if (typeof options === 'object') assertCacheTtl(options.cacheTtl);
    const fault = await suffer('get', 'GET');
    const moment = visibleMoment();
    const see = (name: string) => (isLie(fault) ? lieOf(fault) : store.read(name, moment));
    return Array.isArray(key) ? new Map(key.map((name) => [name, see(name)])) : see(key);
  }
}

/** The control of the namespace: `/settings`, `/calls`, `/entries`. */
export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const body = request.method === 'POST' ? await request.json() : undefined;
    switch (`${request.method} ${pathname}`) {
      case 'POST /settings':
        settings = body as FaultSettings; // written by this repository's own client of the same type
        return done();
      case 'GET /calls':
        return Response.json(calls);
      case 'DELETE /calls':
        calls = [];
        return done();
      case 'GET /entries':
        return Response.json(wireEntries());
      case 'POST /entries':
        place(body as WireEntry); // as above
        return done();
      case 'DELETE /entries':
        store.replace(searchParams.get('name') ?? '', undefined);
        return done();
      default:
        return new Response('no such control', { status: 404 });
    }
  },
};

function done(): Response {
  return new Response(null, { status: 204 });
}

function log(
  operation: LoggedCall['operation'],
  keys: string[],
  more: Partial<LoggedCall> = {},
): void {
  calls.push({ operation, keys, ...more, at: Date.now() });
}

async function suffer(operation: FaultyOperation, method: string): Promise<Fault> {
  const fault = settings[operation] ?? 'ok';
  if (fault === 'throw') throw kvError(method, 500, 'Internal Server Error');
  if (fault === 'throttle') throw kvError(method, 429, 'Too Many Requests');
  if (fault === 'hang') await scheduler.wait(HANG_MS);
  if (typeof fault === 'object' && 'delayMs' in fault) await scheduler.wait(fault.delayMs);
  return fault;
}

function isLie(fault: Fault): fault is Extract<Fault, { lieBase64: string | null }> {
  return typeof fault === 'object' && 'lieBase64' in fault;
}

function lieOf(lie: Extract<Fault, { lieBase64: string | null }>): StoredEntry | undefined {
  if (lie.lieBase64 === null) return undefined;
  return { value: decodeBase64(lie.lieBase64), metadata: lie.metadata };
}

function visibleMoment(): Moment {
  const now = Date.now();
  return { now, seenAt: now - (settings.staleSeconds ?? 0) * 1000 };
}

function assertWriteRate(key: string): void {
  const last = store.lastWriteAt(key);
  if (settings.enforceWriteRate === true && last !== undefined && Date.now() - last < 1000)
    throw kvError('PUT', 429, 'Too Many Requests');
}

function bytesOf(value: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof value === 'string') return new TextEncoder().encode(value);
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value))
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  throw new TypeError('the faulty KV stores strings and bytes only');
}

function decode(entry: StoredEntry | undefined, options: ReadOptions | undefined): unknown {
  if (entry === undefined) return null;
  const type = (typeof options === 'string' ? options : options?.type) ?? 'text';
  if (type === 'arrayBuffer') return entry.value.slice().buffer;
  if (type === 'stream') throw new TypeError('the faulty KV does not stream');
  const text = new TextDecoder().decode(entry.value);
  return type === 'json' ? JSON.parse(text) : text;
}

function mapValues<T>(
  found: StoredEntry | undefined | Map<string, StoredEntry | undefined>,
  convert: (entry: StoredEntry | undefined) => T,
): T | Map<string, T | null> {
  if (!(found instanceof Map)) return convert(found);
  return new Map([...found].map(([name, entry]) => [name, convert(entry) ?? null]));
}

function wireEntries(): WireEntry[] {
  const now = Date.now();
  return store.entries({ now, seenAt: now }).map(([name, { value, metadata, expiration }]) => ({
    name,
    valueBase64: encodeBase64(value),
    metadata: metadata ?? null,
    ...(expiration !== undefined && { expiration }),
  }));
}

function place({ name, valueBase64, metadata, expiration }: WireEntry): void {
  const entry = { value: decodeBase64(valueBase64), metadata: metadata ?? undefined };
  store.replace(name, expiration === undefined ? entry : { ...entry, expiration });
}
