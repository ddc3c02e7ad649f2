// Pure: no I/O, no clock.
import { TrieRouter } from 'hono/router/trie-router';
import { tryDecode, tryDecodeURIComponent } from 'hono/utils/url';
import type { Anchor } from '../runtime/single-flight.ts';
import type { AdmittedTarget } from './admit.ts';

/** A request to a route, its target admitted. */
export interface RouteRequest {
  readonly request: Request;
  readonly target: AdmittedTarget;
  readonly anchor: Anchor;
}

/** A named segment of the path, percent-decoded; empty when the route has none of that name. */
export type Parameter = (name: string) => string;

/** Answers a request to a route. */
export type Handler<Visit> = (visit: Visit, parameter: Parameter) => Response | Promise<Response>;

/**
 * Routes by method and path, in Hono's router. It is handed the path that was admitted and reads no URL itself, so
 * that what is routed, judged and forwarded is one string; and that percent-decoded, so that a route has no other
 * spelling by which it would be the site's.
 */
export class Routes<Visit> {
  readonly #router = new TrieRouter<Handler<Visit>>();

  all(path: string, handler: Handler<Visit>): void {
    this.#router.add('ALL', path, handler);
  }

  /** For HEAD too. */
  get(path: string, handler: Handler<Visit>): void {
    this.#router.add('GET', path, handler);
  }

  post(path: string, handler: Handler<Visit>): void {
    this.#router.add('POST', path, handler);
  }

  /** Of the routes that are for a target the one added first; `undefined` when none is. */
  match({
    method,
    path,
  }: AdmittedTarget): ((visit: Visit) => Response | Promise<Response>) | undefined {
    const [[first] = []] = this.#router.match(method === 'HEAD' ? 'GET' : method, decoded(path));
    if (first === undefined) return undefined;
    const [handler, parameters] = first;
    return (visit) =>
      handler(visit, (name) => tryDecodeURIComponent(String(parameters[name] ?? '')));
  }
}

/** Once: an escaped percent sign stays escaped, and so does what is not UTF-8 and what separates segments. */
function decoded(path: string): string {
  return path.includes('%') ? tryDecode(path.replaceAll('%25', '%2525'), decodeURI) : path;
}
