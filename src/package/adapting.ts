import type { AdaptGate } from '../app/gateway.ts';
import type { RequireOf } from '../app/requirement.ts';
import type { FetchSite } from '../forwarding/origin.ts';

/** Calls the site. Its error is the site's own: the log has it, and the client gets 502 as from any broken origin. */
export async function callSite(call: () => Response | Promise<Response>): Promise<Response> {
  try {
    return await call();
  } catch (error) {
    console.error(error);
    throw error;
  }
}

/** Puts the site, and what a route requires, in the place of the origin and of `RULES`. */
export function adapting(fetchSite: FetchSite, required: RequireOf | undefined): AdaptGate {
  return (options) => {
    const { authorization, forwarding } = options;
    const rules = required?.(authorization.rules) ?? authorization.rules;
    return {
      ...options,
      authorization: { ...authorization, rules },
      forwarding: { ...forwarding, origin: { ...forwarding.origin, fetch: fetchSite } },
      // A route of the app that requires a session answers itself, whatever origin RULES names for its path.
      ...(required !== undefined && { namedForwarding: () => undefined }),
    };
  };
}
