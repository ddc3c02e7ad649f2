import { describe, expect, it } from 'vitest';
import { ADMIN_SECRET, keycardStandin } from '../../gateway/session-api/start-session-api.ts';
import { gateForAllTests } from '../../support/for-all-tests.ts';
import type { NewToken } from '../../support/standin-control.ts';
import { zoneSettings } from '../../support/token-issuer.ts';
import { replacing, startAlteringProxy } from './altering-proxy.ts';
import { API_PYTHON, type ApiSdkAnswer, openApiSdk } from './api-sdk.ts';

const gate = await gateForAllTests({
  vars: ({ gate, keycard }) => ({
    PUBLIC_URL: gate,
    ADMIN_SECRETS: [ADMIN_SECRET],
    KEYCARD_API_URL: keycard,
    KEYCARD_ZONES: ['zone-1'],
    KEYCARD_CLIENT_ID: 'postern',
    KEYCARD_CLIENT_SECRET: 'standin-client-secret',
    ISSUERS: [zoneSettings(keycard)],
  }),
});
const keycard = keycardStandin({ origin: gate.keycard.url });
const USER_AGENT = `ua:${'a'.repeat(64)}`;

interface Call {
  readonly method: string;
  readonly api_key: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
}

async function call({ parameters = {}, ...rest }: Call, baseUrl = gate.url): Promise<ApiSdkAnswer> {
  const sdk = openApiSdk(API_PYTHON ?? '', baseUrl);
  const plainly = { client: 'sync', via: 'plain', max_retries: 0 } as const;
  return sdk.call({ ...plainly, ...rest, parameters }).finally(() => sdk.close());
}

const whoami = async (token: NewToken, baseUrl?: string) => {
  const api_key = await gate.keycard.createToken({ audience: 'postern', ...token });
  return call({ method: 'whoami', api_key }, baseUrl);
};

const USER = 'IamUserSessionType';
const APPLICATION = 'IamApplicationSessionType';
/** The claims are those of `AccessToken` in `keycardai/oauth/server/verifier.py`. */
const TOKENS: readonly (readonly [name: string, token: NewToken, type: string, members: object])[] =
  [
    [
      'a user in an application',
      { applicationId: 'app_7f3' },
      USER,
      { user_id: 'user-1', application_id: 'app_7f3' },
    ],
    [
      'a user in a user agent',
      { clientId: USER_AGENT, claims: { keycard_app_id: null } },
      USER,
      { user_id: 'user-1', user_agent_id: USER_AGENT },
    ],
    [
      'a user for whom applications act',
      { claims: { act: { sub: 'app_1', act: { sub: 'app_2' } }, auth_time: 1_700_000_000 } },
      USER,
      { session_data: { act: { sub: 'app_1', act: { sub: 'app_2' } } } },
    ],
    [
      'an application by a credential with another name',
      { subject: 'app_7f3', applicationId: 'app_7f3', clientId: 'credential-1', scope: 'read' },
      APPLICATION,
      { application_id: 'app_7f3', subject: 'app_7f3' },
    ],
    [
      'an application of a zone without sub_profile and keycard_app_id',
      {
        subject: 'client-1',
        clientId: 'client-1',
        claims: { sub_profile: null, keycard_app_id: null },
      },
      APPLICATION,
      { application_id: 'client-1' },
    ],
  ];

describe.skipIf(API_PYTHON === undefined)(
  API_PYTHON === undefined
    ? 'skipped: no Python with keycardai-api (pip install -r test/clients/requirements.txt; POSTERN_PYTHON names another Python)'
    : 'keycardai-api with strict validation reads whoami',
  { timeout: 60_000 },
  () => {
    it.each(TOKENS)('as the session of %s', async (_, token, type, members) => {
      const { error, result } = await whoami(token);
      expect([error, result?.type]).toEqual([undefined, type]);
      expect(result?.document).toMatchObject({ status: 'active', ...members });
      expect(result?.document).not.toHaveProperty('id'); // the token names no session
    });

    it('with the id of the session that the token names, by which the session is found', async () => {
      const { id } = await keycard.createSession({ user_id: 'user-1' });
      const { result } = await whoami({ claims: { sid: id } });
      expect(result?.document).toMatchObject({ id, user_id: 'user-1' });
      const parameters = { id, zone_id: 'zone-1' };
      const found = await call({ method: 'retrieve', api_key: ADMIN_SECRET, parameters });
      expect(found.result?.document).toMatchObject({ id, user_id: 'user-1' });
    });

    it('and refuses the session of an application without a provider', async () => {
      const alteration = replacing('no provider', 'provider_id', undefined);
      await using proxy = await startAlteringProxy(gate.url, alteration);
      const application = { subject: 'app_7f3', applicationId: 'app_7f3' };
      expect((await whoami(application, proxy.url)).error).toBe('APIResponseValidationError');
      expect((await whoami({}, proxy.url)).error).toBe(undefined);
    });
  },
);
