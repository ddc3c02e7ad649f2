import type { Config } from '../config/config.ts';
import { type ErrorShape, errorResponse, keycardErrorResponse } from '../errors/error-response.ts';
import type { RouteRequest, Routes } from '../http/routes.ts';
import type { Reporting } from '../observability/reporting.ts';
import type { SitePages } from '../pages/site-pages.ts';
import { errorPageOrJson, pageForPerson } from '../refusals/error-page.ts';
import { selfServiceRoutes } from '../routes/self-service/self-service.ts';
import { tokenExchangeRoutes } from '../routes/self-service/token-exchange.ts';
import type { Guard } from '../routes/session-api/guard.ts';
import { keycardRoutes } from '../routes/session-api/keycard.ts';
import { kratosAdminRoutes } from '../routes/session-api/kratos-admin.ts';
import { kratosPublicRoutes } from '../routes/session-api/kratos-public.ts';
import type { WaitUntil } from '../runtime/single-flight.ts';
import type { ReadNames } from '../session/identity-names.ts';
import {
  type ApiMethods,
  type ApiRouteOptions,
  addApiRoute,
} from '../session-changes/api-route.ts';
import type { ChangeMaker } from '../session-changes/change-maker.ts';
import { crossOrigin } from '../session-changes/cross-origin.ts';
import { callerOptions, flowOptions } from './compose-flows.ts';
import type { Keycard } from './compose-keycard.ts';
import type { Kratos } from './compose-kratos.ts';
import { createSiteAnswers } from './site-answers.ts';

type Shared = ReturnType<typeof crossOrigin>;

/** The services of the session API. */
export interface SessionApiServices {
  /** `undefined` if Kratos is not configured. */
  readonly kratos: Kratos | undefined;
  readonly changes: ChangeMaker;
  /** `undefined` if every token names its person by the identity's id, or if Kratos's admin API is not configured. */
  readonly readNames: ReadNames | undefined;
  /** `undefined` if Keycard is not configured. */
  readonly keycard: Keycard | undefined;
  /** `undefined` if no proof of an operator is configured. */
  readonly guard: Guard | undefined;
  readonly reporting: Reporting;
}

/** The routes of the session API by path, for each provider. A provider that is not configured has none. */
export interface SessionApiTables {
  readonly kratos: KratosTables | undefined;
  readonly keycard: Record<string, ApiMethods> | undefined;
}

export interface KratosTables {
  readonly publicApi: Record<string, ApiMethods>;
  readonly selfService: Record<string, ApiMethods> | undefined;
  readonly admin: Record<string, ApiMethods>;
}

/**
 * Adds the session API to the routes. Each provider keeps its own paths, so that its SDKs work unchanged. Admin
 * paths exist only with a guard. Every path below an admin path is reserved: otherwise a request with a wrong path
 * would hand the guard's secret to the site. All other paths belong to the site.
 */
export function addSessionApi(
  routes: Routes<RouteRequest>,
  config: Config,
  services: SessionApiServices,
  { shared, pages }: { readonly shared: Shared; readonly pages: SitePages },
): void {
  const { kratos, changes, reporting } = services;
  const { log, now } = reporting;
  const apiPath = config.SESSION_API_PATH ?? '';
  const tables = sessionApiTables(config, services);
  const common = { errorShape: errorResponse, log, changes, now };
  // No page of another origin may read these answers with an operator's cookie.
  const forOperators = { ...common, shared: crossOrigin([], log) };
  const add = (table: Record<string, ApiMethods>, routeOptions: ApiRouteOptions) => {
    for (const [path, methods] of Object.entries(table)) {
      addApiRoute(routes, `${apiPath}${path}`, methods, routeOptions);
    }
  };
  const closeOff = (errorShape: ErrorShape, ...paths: string[]) => {
    for (const path of paths) routes.add(`${apiPath}${path}`, () => errorShape('not_found'));
  };
  if (kratos !== undefined && tables.kratos !== undefined) {
    // While its database is down, Kratos refuses every credential (`session/manager_http.go`, `FetchFromRequest`).
    const mayBeFailing = (waitUntil: WaitUntil) => kratos.readiness.mayBeFailing(waitUntil);
    const forPeople = { ...common, shared, mayBeFailing };
    const onSite = createSiteAnswers(config, kratos.addresses);
    add(tables.kratos.publicApi, { ...forPeople, onSite });
    if (tables.kratos.selfService !== undefined) {
      add(tables.kratos.selfService, { ...forPeople, shared: withPages(shared, pages) });
      for (const path of ['/self-service', '/self-service/*']) {
        const notFound = () => errorResponse('not_found');
        routes.add(`${apiPath}${path}`, ({ request }) =>
          errorPageOrJson(notFound(), request, pages),
        );
      }
    }
    add(tables.kratos.admin, forOperators);
    closeOff(errorResponse, '/admin/sessions', '/admin/sessions/*');
    closeOff(errorResponse, '/admin/identities/:id/sessions', '/admin/identities/:id/sessions/*');
  }
  if (tables.keycard === undefined) return;
  add(tables.keycard, { ...forOperators, errorShape: keycardErrorResponse });
  closeOff(keycardErrorResponse, '/zones/:zoneId/sessions/*');
}

/** Wraps handlers of flows, which a person's browser opens: the person gets a page in place of an error in JSON. */
function withPages(shared: Shared, pages: SitePages): Shared {
  return (handle) =>
    shared(async (received, ...rest) =>
      pageForPerson(await handle(received, ...rest), received.request, pages),
    );
}

/** Makes every configured route of the session API. */
export function sessionApiTables(config: Config, services: SessionApiServices): SessionApiTables {
  const { kratos, keycard, changes } = services;
  return {
    kratos: kratos && kratosTables(config, kratos, services),
    keycard: keycard && keycardRoutes({ ...keycard, changes }),
  };
}

function kratosTables(
  config: Config,
  kratos: Kratos,
  { changes, guard, readNames, reporting }: SessionApiServices,
): KratosTables {
  const callers = callerOptions(config, kratos.sessions);
  const flows = flowOptions(config, { kratos, changes, reporting });
  const apiUrl = apiUrlOf(config);
  return {
    publicApi: {
      ...tokenExchangeRoutes(flows), // before /sessions/:id, which would take its path
      ...kratosPublicRoutes({ callers, kratos: kratos.api, changes, apiUrl }),
    },
    selfService: config.SELF_SERVICE ? selfServiceRoutes(flows) : undefined,
    admin: kratosAdminTable(config, guard, { kratos, readNames }),
  };
}

/** Returns no routes without a guard, because unguarded routes would let anyone sign anyone out. */
function kratosAdminTable(
  config: Config,
  guard: Guard | undefined,
  { kratos, readNames }: Pick<SessionApiServices, 'readNames'> & { readonly kratos: Kratos },
): Record<string, ApiMethods> {
  if (kratos.admin === undefined || guard === undefined) return {};
  return kratosAdminRoutes({
    kratosAdmin: kratos.admin.api,
    apiKey: config.KRATOS_ADMIN_API_KEY,
    guard,
    readNames,
    apiUrl: apiUrlOf(config),
    apiPath: config.SESSION_API_PATH ?? '',
  });
}

function apiUrlOf(config: Config): string {
  return `${config.PUBLIC_URL}${config.SESSION_API_PATH ?? ''}`;
}
