// Pure: no I/O, no clock.
import { TrieRouter } from 'hono/router/trie-router';
import { tryDecode, tryDecodeURIComponent } from 'hono/utils/url';
import type { Awaitable } from '../runtime/awaitable.ts';
import { MemoryTier } from '../runtime/memory-cache.ts';
import type { WaitUntil } from '../runtime/single-flight.ts';
import { type AdmittedTarget, bytesOfKept } from './admit.ts';

/** A request to a route, with its admitted target. */
export interface RouteRequest {
  readonly request: Request;
  readonly target: AdmittedTarget;
  readonly waitUntil: WaitUntil;
}

/** Returns a named segment of the path, percent-decoded; empty if the route has no segment of that name. */
export type Parameter = (name: string) => string;

/** Answers a request to a route. */
export type Handler<Received> = (received: Received, parameter: Parameter) => Awaitable<Response>;

/** A route that matches a path. */
export type Route<Received = RouteRequest> = (received: Received) => Awaitable<Response>;

const KNOWN_LIMITS = { maxEntries: 64, maxBytes: 16_384 };

/**
 * Routes by path, in Hono's router. The router gets the admitted path and reads no URL itself, so
 * routing, verdict and forwarding use one string. The path is percent-decoded first, so that no other spelling of a
 * route reaches the site.
 */
export class Routes<Received> {
  readonly #router = new TrieRouter<Handler<Received>>();
  /** Matches by path. A route that is added later never takes precedence over them. */
  readonly #known = new MemoryTier<Route<Received>>(KNOWN_LIMITS);
  /** The first segment of every route. Almost every path of the site begins with another one. */
  readonly #firstSegments = new Set<string>();

  /** Adds a route for every method. Its first segment is literal. */
  add(path: string, handler: Handler<Received>): void {
    const first = firstSegment(path);
    if (/[:*]/.test(first)) throw new Error(`the route ${path} would match paths of the site`);
    this.#firstSegments.add(first);
    this.#router.add('ALL', path, handler);
  }

  /** Returns the first added route that matches a target; `undefined` without a match. */
  match(target: AdmittedTarget): Route<Received> | undefined {
    const { path } = target;
    if (!path.includes('%') && !this.#firstSegments.has(firstSegment(path))) return undefined;
    const known = this.#known.read(path);
    if (known !== undefined) return known;
    const [[first] = []] = this.#router.match('ALL', routedPath(path));
    if (first === undefined) return undefined;
    const [handler, parameters] = first;
    const match: Route<Received> = (received) =>
      handler(received, (name) => tryDecodeURIComponent(String(parameters[name] ?? '')));
    this.#known.keep(path, match, bytesOfKept(target));
    return match;
  }
}

function firstSegment(path: string): string {
  const end = path.indexOf('/', 1);
  return end < 0 ? path.slice(1) : path.slice(1, end);
}

/**
 * Percent-decodes a path once, as Hono does before it routes. Escaped percent signs, escaped separators and invalid UTF-8
 * stay escaped.
 */
export function routedPath(path: string): string {
  return path.includes('%') ? tryDecode(path.replaceAll('%25', '%2525'), decodeURI) : path;
}
