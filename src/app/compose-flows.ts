import type { Config } from '../config/config.ts';
import type { Reporting } from '../observability/reporting.ts';
import type { SelfServiceOptions } from '../routes/self-service/flow-request.ts';
import type { CallerOptions } from '../session-changes/caller.ts';
import type { ChangeMaker } from '../session-changes/change-maker.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { allowedOrigins } from './compose-guard.ts';
import type { Kratos } from './compose-kratos.ts';
import { gatewaySecrets } from './gateway-secrets.ts';
import { publicHost } from './site-answers.ts';

/** Makes the options of Kratos's flows. */
export function flowOptions(
  config: Config,
  {
    kratos,
    changes,
    reporting,
  }: { readonly kratos: Kratos; readonly changes: ChangeMaker; readonly reporting: Reporting },
): SelfServiceOptions {
  return {
    callers: callerOptions(config, kratos.sessions),
    kratos: kratos.api,
    store: kratos.store,
    findByAddress: kratos.admin?.identities.findByAddress,
    changes,
    host: publicHost(config, kratos.addresses),
    signInEndsSessions: config.SIGN_IN_ENDS_SESSIONS,
    now: reporting.now,
  };
}

export function callerOptions(config: Config, sessions: Sessions): CallerOptions {
  return {
    sessions,
    cookieNames: config.SESSION_COOKIE_NAMES,
    secrets: gatewaySecrets(config),
    allowedOrigins: allowedOrigins(config),
  };
}
