import { KeycardOwnSessions } from '../routes/session-api/keycard-own-sessions.ts';
import { KratosSessions } from '../routes/sessions-page/kratos-sessions.ts';
import type { SessionProviders } from '../routes/sessions-page/sessions-page.ts';
import type { Services } from './compose.ts';

/** Makes the providers whose sessions the sessions page shows. */
export function createOwnSessions({
  kratos,
  keycard,
  changes,
  signIn,
}: Pick<Services, 'kratos' | 'keycard' | 'changes' | 'signIn'>): SessionProviders {
  const sealed = signIn?.sealed;
  const openSignIn: ConstructorParameters<typeof KeycardOwnSessions>[0]['openSignIn'] =
    sealed && ((credential, host) => sealed.open(credential, host));
  return {
    kratos: kratos && new KratosSessions(kratos.api, changes),
    keycard: keycard && new KeycardOwnSessions({ ...keycard, changes, openSignIn }),
  };
}
