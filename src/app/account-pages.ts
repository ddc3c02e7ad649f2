/** The pages of a person's own sessions: the sessions page, and sign-out. A module of its own, loaded on demand. */
import type { Config } from '../config/config.ts';
import type { Handler, RouteRequest } from '../http/routes.ts';
import type { DenialOptions } from '../refusals/denial.ts';
import { logOutBrowser } from '../routes/self-service/browser-logout.ts';
import { KeycardOwnSessions } from '../routes/session-api/keycard-own-sessions.ts';
import { KratosSessions } from '../routes/sessions-page/kratos-sessions.ts';
import { ownSessions, type SessionProviders } from '../routes/sessions-page/sessions-page.ts';
import type { KratosLogout } from '../routes/sign-in/endings.ts';
import {
  endAll,
  SIGN_OUT_METHODS,
  type SignOutOptions,
  signOut,
} from '../routes/sign-in/sign-out.ts';
import type { Report } from '../runtime/report.ts';
import type { Services } from './compose.ts';
import { flowOptions } from './compose-flows.ts';
import { onlyMethods } from './only-methods.ts';

export interface AccountPages {
  readonly sessions: Handler<RouteRequest>;
  readonly signOut: Handler<RouteRequest>;
}

export interface AccountPagesDependencies {
  readonly services: Services;
  readonly denial: DenialOptions;
  readonly report: Report;
}

export function createAccountPages(
  config: Config,
  { services, denial, report }: AccountPagesDependencies,
): AccountPages {
  const { lookUp, changes, reporting } = services;
  const providers = createProviders(services);
  const signOutOptions: SignOutOptions = {
    lookUp,
    changes,
    kratos: createKratosLogout(config, services),
    keycard: providers.keycard,
    signIn: services.signIn?.end,
    report,
    hosts: denial.hosts,
    pages: denial.pages,
    clearSiteData: config.SIGN_OUT_CLEAR_SITE_DATA,
    reporting,
  };
  const page = {
    lookUp,
    denial,
    providers,
    signOut: (received: RouteRequest) => endAll(received, signOutOptions),
    reporting,
  };
  return {
    sessions: (received) => ownSessions(received, page),
    signOut: onlyMethods(SIGN_OUT_METHODS, (received) => signOut(received, signOutOptions)),
  };
}

/** Makes the providers whose sessions the sessions page shows. */
function createProviders({ kratos, keycard, changes, signIn }: Services): SessionProviders {
  const sealed = signIn?.end.sealed;
  const openSignIn: ConstructorParameters<typeof KeycardOwnSessions>[0]['openSignIn'] =
    sealed && ((credential, host) => sealed.open(credential, host));
  return {
    kratos: kratos && new KratosSessions(kratos.api, changes),
    keycard: keycard && new KeycardOwnSessions({ ...keycard, changes, openSignIn }),
  };
}

function createKratosLogout(
  config: Config,
  { kratos, changes, reporting }: Services,
): KratosLogout | undefined {
  if (kratos === undefined) return undefined;
  const options = { ...flowOptions(config, { kratos, changes, reporting }), changes };
  return {
    logOut: (received, credential) => logOutBrowser(received, credential, options),
    mayBeFailing: (waitUntil) => kratos.readiness.mayBeFailing(waitUntil),
  };
}
