import { MAX_KEY_SET_BYTES } from '../http/body-limits.ts';
import { BROKEN_OFF, readBoundedText, TOO_LONG } from '../http/read-bounded-text.ts';
import type { JsonObject } from '../runtime/json.ts';
import { failed, type Result, success } from '../runtime/result.ts';
import { parseStrictText } from '../runtime/strict-json.ts';
import { type MetadataOwner, readMetadataUrl } from './metadata-url.ts';

/** The address of an issuer's keys. */
export type KeyLocation =
  | { readonly kind: 'url'; readonly url: string }
  /** Read from the issuer's metadata: RFC 8414, then OpenID Connect Discovery. */
  | ({ readonly kind: 'discovery' } & MetadataOwner);

/** An issuer's metadata, and the address of its keys from there. */
interface Discovered {
  readonly keysUrl: string;
  readonly document: JsonObject;
  /** Milliseconds since the epoch. */
  readonly readAt: number;
}

type Discovery = Extract<KeyLocation, { kind: 'discovery' }>;

export interface KeyEndpointOptions {
  readonly location: KeyLocation;
  /** The deadline for one fetch of the key set: metadata, keys and bodies together. */
  readonly timeoutMs: number;
  readonly fetch: (request: Request) => Promise<Response>;
  readonly now: () => number;
}

/** The reason why an issuer's key set could not be fetched, safe for `Cache-Status` and the log. */
export type KeyEndpointProblem = string;

/** Metadata is cached for this long, because it changes far more rarely than keys do. */
export const METADATA_FRESH_MS = 3_600_000;
const BOUNDS = { maxDepth: 8, maxMembers: 128 };

/**
 * The key endpoint of one issuer. Its address is configured, or read from the metadata at the configured issuer. A
 * token never influences the address. Redirects are failures, bodies have a size limit, and one deadline covers all
 * requests.
 */
export class KeyEndpoint {
  readonly #options: KeyEndpointOptions;
  #discovered: Discovered | undefined;

  constructor(options: KeyEndpointOptions) {
    this.#options = options;
  }

  /** Fetches the issuer's current key set document. Never throws. */
  async fetchKeySet(): Promise<Result<JsonObject, KeyEndpointProblem>> {
    // Uses its own deadline, never a client's signal, because other requests may be waiting for this answer.
    const { location, timeoutMs } = this.#options;
    const signal = AbortSignal.timeout(timeoutMs);
    const url =
      location.kind === 'url' ? success(location.url) : await this.#locate(location, signal);
    if (!url.ok) return url;
    const document = await this.#fetchObject(url.value, signal);
    if (document.ok) return document;
    this.#discovered = undefined; // the keys may have moved
    return failed(`keys-${document.failure}`);
  }

  /** Returns the issuer's metadata, cached or fetched. An endpoint at a configured URL has none. Never throws. */
  async fetchMetadata(): Promise<Result<Discovered, KeyEndpointProblem>> {
    const { location, timeoutMs } = this.#options;
    return location.kind === 'url'
      ? failed('metadata-404')
      : this.#discover(location, AbortSignal.timeout(timeoutMs));
  }

  async #locate(
    location: Discovery,
    signal: AbortSignal,
  ): Promise<Result<string, KeyEndpointProblem>> {
    const discovered = await this.#discover(location, signal);
    return discovered.ok ? success(discovered.value.keysUrl) : discovered;
  }

  async #discover(
    location: Discovery,
    signal: AbortSignal,
  ): Promise<Result<Discovered, KeyEndpointProblem>> {
    const { now } = this.#options;
    const known = this.#discovered;
    if (known !== undefined && now() - known.readAt < METADATA_FRESH_MS) return success(known);
    const problems: KeyEndpointProblem[] = [];
    for (const url of metadataUrls(location.issuer)) {
      const found = await this.#readMetadata(url, location, signal);
      if (found.ok) {
        this.#discovered = { ...found.value, readAt: now() };
        return success(this.#discovered);
      }
      problems.push(found.failure);
    }
    // Prefer a problem with a document over a 404, because it tells the operator more.
    return failed(problems.find((problem) => problem !== 'metadata-404') ?? 'metadata-404');
  }

  /** Reads the metadata at one URL, and the address of the keys from there. */
  async #readMetadata(
    url: string,
    location: Discovery,
    signal: AbortSignal,
  ): Promise<Result<Omit<Discovered, 'readAt'>, KeyEndpointProblem>> {
    const metadata = await this.#fetchObject(url, signal);
    if (!metadata.ok) return failed(`metadata-${metadata.failure}`);
    const document = metadata.value;
    const keysUrl = readKeyUrl(document, location);
    return keysUrl.ok ? success({ keysUrl: keysUrl.value, document }) : keysUrl;
  }

  async #fetchObject(
    url: string,
    signal: AbortSignal,
  ): Promise<Result<JsonObject, KeyEndpointProblem>> {
    const headers = { accept: 'application/json' };
    const request = new Request(url, { headers, redirect: 'manual', cache: 'no-store', signal });
    const received = await this.#receive(request);
    if (received === undefined) return failed(signal.aborted ? 'timeout' : 'unreachable');
    const { status, body } = received;
    if (status !== 200) return failed(status >= 300 && status < 400 ? 'redirect' : String(status));
    return body === TOO_LONG ? failed('too-long') : parseStrictText(body, BOUNDS);
  }

  /** Sends a request; `undefined` if the network fails or the signal ends the call. Only a 200 has a body. */
  async #receive(
    request: Request,
  ): Promise<{ status: number; body: string | typeof TOO_LONG } | undefined> {
    const response = await this.#options.fetch(request).catch(() => undefined); // only the network can fail here
    if (response === undefined) return undefined;
    const { status } = response;
    if (status !== 200) {
      void response.body?.cancel().catch(() => {}); // the body is not read
      return { status, body: '' };
    }
    const body = await readBoundedText(response, MAX_KEY_SET_BYTES);
    return body === BROKEN_OFF ? undefined : { status, body };
  }
}

/**
 * The two URLs of an issuer's metadata. RFC 8414 section 3.1 puts the well-known part between host and path. OpenID
 * Connect Discovery section 4 puts its well-known part after the path.
 */
export function metadataUrls(issuer: string): [string, string] {
  const url = new URL(issuer);
  const path = url.pathname.replace(/\/$/, '');
  return [
    `${url.origin}/.well-known/oauth-authorization-server${path}`,
    `${url.origin}${path}/.well-known/openid-configuration`,
  ];
}

/** Reads `jwks_uri` from the metadata. The metadata must name this issuer (RFC 8414 section 3.3). */
function readKeyUrl(
  metadata: JsonObject,
  owner: MetadataOwner,
): Result<string, KeyEndpointProblem> {
  if (metadata.issuer !== owner.issuer) return failed('metadata-issuer-differs');
  const url = readMetadataUrl(metadata.jwks_uri, owner);
  return url.ok ? url : failed(`metadata-keys-${url.failure}`);
}
