import { DEFAULT_METHODS } from '../http/methods.ts';
import { answerPreflight, readAsked } from '../http/preflight.ts';
import type { RouteRequest } from '../http/routes.ts';
import type { DecisionLog } from '../observability/decision-log.ts';
import { PASSED_HEADERS } from '../providers/pass-through.ts';

type Handle<Rest extends readonly unknown[]> = (
  visit: RouteRequest,
  ...rest: Rest
) => Promise<Response>;

const METHODS: ReadonlySet<string> = new Set(DEFAULT_METHODS);
/** Headers that programs act on and browsers would keep from a page. */
const EXPOSED = [...PASSED_HEADERS, 'age', 'cache-status', 'postern-reason'].join(', ');

/**
 * Makes answers that pages of these origins, and of no others, may ask for and read with their cookies. With none
 * listed a handler stays as it is.
 */
export function crossOrigin(origins: readonly string[], log: DecisionLog) {
  return function shared<Rest extends readonly unknown[]>(handle: Handle<Rest>): Handle<Rest> {
    if (origins.length === 0) return handle;
    return async (visit, ...rest) => {
      const { headers } = visit.request;
      const { method, path } = visit.target;
      const origin = headers.get('origin') ?? '';
      const isListed = origins.includes(origin);
      const asked = readAsked(method, headers);
      if (isListed && asked !== undefined && METHODS.has(asked.method)) {
        const told = { outcome: 'pass', status: 204, detail: 'preflight', durationMs: 0 } as const;
        log(() => ({ route: 'session-api', method, path, ...told }));
        return answerPreflight(headers, asked);
      }
      const response = await handle(visit, ...rest);
      response.headers.append('vary', 'Origin');
      if (isListed) {
        response.headers.set('access-control-allow-origin', origin);
        response.headers.set('access-control-allow-credentials', 'true');
        response.headers.set('access-control-expose-headers', EXPOSED);
      }
      return response;
    };
  };
}
