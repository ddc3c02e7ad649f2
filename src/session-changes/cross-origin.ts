import { DEFAULT_METHODS } from '../http/methods.ts';
import { answerPreflight, readAsked } from '../http/preflight.ts';
import type { RouteRequest } from '../http/routes.ts';
import type { DecisionLog } from '../observability/decision-log.ts';
import { PASSED_HEADERS } from '../providers/pass-through.ts';
import { type Awaitable, andThen } from '../runtime/awaitable.ts';

type Handle<Rest extends readonly unknown[]> = (
  received: RouteRequest,
  ...rest: Rest
) => Awaitable<Response>;

const METHODS: ReadonlySet<string> = new Set(DEFAULT_METHODS);
/** Response headers that scripts need. A browser hides them from a page unless the answer lists them. */
const EXPOSED = [...PASSED_HEADERS, 'age', 'cache-status', 'postern-reason'];

/**
 * Wraps handlers so that pages of the listed origins, and only of those, can call them with cookies and read the
 * answers (CORS). If the list is empty, a handler is returned unchanged.
 */
export function crossOrigin(origins: readonly string[], log: DecisionLog) {
  return function shared<Rest extends readonly unknown[]>(handle: Handle<Rest>): Handle<Rest> {
    if (origins.length === 0) return handle;
    return (received, ...rest) => {
      const { headers } = received.request;
      const { method, path } = received.target;
      const origin = headers.get('origin') ?? '';
      const isListed = origins.includes(origin);
      const asked = readAsked(method, headers);
      if (isListed && asked !== undefined && METHODS.has(asked.method)) {
        const logged = {
          outcome: 'pass',
          status: 204,
          detail: 'preflight',
          durationMs: 0,
        } as const;
        log(received.request, () => ({ route: 'session-api', method, path, ...logged }));
        return answerPreflight(headers, asked);
      }
      return andThen(handle(received, ...rest), (response) => {
        if (isListed) allowReading(response.headers, origin);
        response.headers.append('vary', 'Origin');
        return response;
      });
    };
  };
}

function allowReading(headers: Headers, origin: string): void {
  headers.set('access-control-allow-origin', origin);
  headers.set('access-control-allow-credentials', 'true');
  const exposed = EXPOSED.filter((name) => headers.has(name));
  headers.set('access-control-expose-headers', exposed.join(', '));
}
