import { describe, expect, it } from 'vitest';
import { ADMIN_SECRET, keycardStandin } from '../../gateway/session-api/start-session-api.ts';
import { readComplaints } from '../../support/decision-lines.ts';
import { gateForAllTests } from '../../support/for-all-tests.ts';
import { zoneSettings } from '../../support/token-issuer.ts';
import { ALTERATIONS, NO_TIME, startAlteringProxy } from './altering-proxy.ts';
import { API_PYTHON, openApiSdk, WAYS, type Way } from './api-sdk.ts';
import { comparableVisit } from './comparable-visit.ts';
import { type VisitKeys, type VisitStep, visit } from './session-visit.ts';

const TIMEOUT_MS = 240_000;

const gate = await gateForAllTests({
  vars: ({ gate, keycard }) => ({
    PUBLIC_URL: gate,
    ADMIN_SECRETS: [ADMIN_SECRET],
    KEYCARD_API_URL: keycard,
    KEYCARD_ZONES: ['zone-1', 'zone-2'],
    KEYCARD_CLIENT_ID: 'postern',
    KEYCARD_CLIENT_SECRET: 'standin-client-secret',
    ISSUERS: [zoneSettings(keycard)],
  }),
});
const keycard = keycardStandin({ origin: gate.keycard.url });

const STATUSES = [400, 401, 403, 404, 409, 422, 429, 500, 503];

/** A caller of Keycard's API, who asks the same of Keycard and of Postern. */
interface Caller {
  readonly atKeycard: VisitKeys;
  readonly atPostern: VisitKeys;
  readonly refusals: readonly number[];
}

/** Values that Keycard's API reference excludes. */
const EXCLUDED = [
  { active: 'false' },
  { include_nested: 'false' },
  { status: 'gone' },
  { session_type: 'robot' },
  { expand: ['everything'] },
  { limit: 0 },
  { limit: 1001 },
];

const ofOneZone = {
  zone1: await keycard.bearer({ zoneId: 'zone-1' }),
  zone2: await keycard.bearer({ zoneId: 'zone-2' }),
};
const own: Caller = { atKeycard: ofOneZone, atPostern: ofOneZone, refusals: STATUSES };

const apiKeys = {
  zone1: await keycard.bearer({ zoneId: 'zone-1', isApiKey: true }),
  zone2: await keycard.bearer({ zoneId: 'zone-2', isApiKey: true }),
};
const byApiKey: Caller = { atKeycard: apiKeys, atPostern: apiKeys, refusals: STATUSES };

const bothZones = (key: string): VisitKeys => ({ zone1: key, zone2: key });
const guarded: Caller = {
  atKeycard: bothZones(await keycard.bearer({ zoneId: null })),
  atPostern: bothZones(ADMIN_SECRET),
  // A 401 refuses Postern's service account. It is no verdict on the caller, who gets a 502.
  refusals: STATUSES.filter((status) => status !== 401),
};

const RAW = WAYS.filter(({ via }) => via === 'raw');
const VISITS: readonly (readonly [name: string, caller: Caller, way: Way])[] = [
  ...WAYS.map((way) => [`its own bearers, ${way.client}, ${way.via}`, own, way] as const),
  ...RAW.map((way) => [`its own API keys, ${way.client}, ${way.via}`, byApiKey, way] as const),
  ...RAW.map((way) => [`the guard’s secret, ${way.client}, ${way.via}`, guarded, way] as const),
];

const python = API_PYTHON ?? '';

interface VisitedAt {
  readonly keys: VisitKeys;
  readonly caller: Caller;
  readonly way: Way;
}

async function visitAt(baseUrl: string, { keys, caller, way }: VisitedAt): Promise<VisitStep[]> {
  const sdk = openApiSdk(python, baseUrl);
  const { refusals } = caller;
  try {
    return comparableVisit(await visit({ sdk, way, keys, keycard, refusals }));
  } finally {
    await sdk.close();
  }
}

const visitKeycard = (caller: Caller, way: Way, url = gate.keycard.url) =>
  visitAt(url, { keys: caller.atKeycard, caller, way });

describe.skipIf(API_PYTHON === undefined)(
  API_PYTHON === undefined
    ? 'skipped: no Python with keycardai-api (pip install -r test/clients/requirements.txt; POSTERN_PYTHON names another Python)'
    : 'keycardai-api with strict validation',
  { timeout: TIMEOUT_MS },
  () => {
    it.each(VISITS)(
      'gets from the gate what it gets from Keycard, with %s',
      async (_, caller, way) => {
        const expected = await visitKeycard(caller, way);
        expect(await visitAt(gate.url, { keys: caller.atPostern, caller, way })).toEqual(expected);
        expect(await readComplaints(gate)).toEqual([]);
      },
    );

    it('gets a 400 from the gate for the values for which Keycard gives one, in Keycard’s shape', async () => {
      const refusals = async (baseUrl: string) => {
        const sdk = openApiSdk(python, baseUrl);
        const call = { client: 'sync', via: 'plain', method: 'list', max_retries: 0 } as const;
        const answers: unknown[] = [];
        for (const parameters of EXCLUDED) {
          const all = { ...parameters, zone_id: 'zone-1' };
          const answer = await sdk.call({ ...call, parameters: all, api_key: ofOneZone.zone1 });
          const members = Object.keys(answer.body ?? {}).sort();
          answers.push([parameters, answer.error, answer.status, members]);
        }
        await sdk.close();
        return answers;
      };
      const members = ['code', 'message', 'status'];
      const expected = EXCLUDED.map((parameters) => [parameters, 'BadRequestError', 400, members]);
      expect(await refusals(gate.keycard.url)).toEqual(expected);
      expect(await refusals(gate.url)).toEqual(expected);
    });

    describe('a visit', async () => {
      if (API_PYTHON === undefined) return;
      const [way = { client: 'sync', via: 'raw' }] = RAW;
      const steps = await visitKeycard(own, way);

      it('calls every session method with every parameter, and each succeeds and meets every error', async () => {
        const sdk = openApiSdk(python, gate.keycard.url);
        const methods = await sdk.methods().finally(() => sdk.close());
        for (const [method, parameters] of Object.entries(methods)) {
          const ofMethod = steps.filter((step) => step.method === method);
          const given = new Set(ofMethod.flatMap((step) => step.parameters));
          expect([...given].sort()).toEqual(parameters);
          const errors = new Set(ofMethod.map(({ answer }) => answer.error));
          expect([...errors].sort()).toEqual(ERRORS);
        }
        expect(Object.keys(methods).sort()).toEqual(['delete', 'list', 'retrieve', 'update']);
      });

      it('sees sessions of both kinds with and without each optional member', () => {
        const documents = steps.flatMap(({ answer }) => sessionsIn(answer.result?.document));
        for (const [type, members] of Object.entries(OPTIONAL)) {
          const ofType = documents.filter(({ session_type }) => session_type === type);
          for (const member of members) {
            const there = new Set(ofType.map((document) => Object.hasOwn(document, member)));
            expect([member, there]).toEqual([member, new Set([true, false])]);
          }
        }
      });

      it.each(ALTERATIONS)('differs if the answers have $name', async (alteration) => {
        await using proxy = await startAlteringProxy(gate.keycard.url, alteration);
        expect(await visitKeycard(own, way, proxy.url)).not.toEqual(steps);
      });

      it('has the SDK refuse an answer that is not of its types', async () => {
        await using proxy = await startAlteringProxy(gate.keycard.url, NO_TIME);
        const altered = await visitKeycard(own, way, proxy.url);
        const errors = altered.map(({ answer }) => answer.error);
        expect(errors).toContain('APIResponseValidationError');
        expect(steps.map(({ answer }) => answer.error)).not.toContain('APIResponseValidationError');
      });

      it('is the same through a server that alters nothing', async () => {
        const alteration = { name: 'nothing', alter: () => {} };
        await using proxy = await startAlteringProxy(gate.keycard.url, alteration);
        expect(await visitKeycard(own, way, proxy.url)).toEqual(steps);
      });
    });
  },
);

/** The classes of `keycardai_api/_exceptions.py` for statuses; `undefined`: no error. */
const ERRORS = [
  'AuthenticationError',
  'BadRequestError',
  'ConflictError',
  'InternalServerError',
  'NotFoundError',
  'PermissionDeniedError',
  'RateLimitError',
  'UnprocessableEntityError',
  undefined,
];

const OPTIONAL_OF_BOTH = [
  ...['id', 'active', 'application', 'authenticated_at', 'created_at', 'expires_at', 'metadata'],
  ...['organization_id', 'session_data', 'status', 'updated_at', 'zone_id'],
];

/** The members with a default in `keycardai_api/types/zones/session.py`. */
const OPTIONAL = {
  application: OPTIONAL_OF_BOTH,
  user: [
    ...OPTIONAL_OF_BOTH,
    ...['application_id', 'issuer', 'parent_id', 'provider_id', 'subject', 'user'],
    ...['user_agent', 'user_agent_id'],
  ],
};

function sessionsIn(document: unknown): readonly Readonly<Record<string, unknown>>[] {
  if (typeof document !== 'object' || document === null) return [];
  // The SDK's strict types have checked that it is a page of sessions or a session.
  if ('items' in document) return document.items as Record<string, unknown>[];
  return [document as Record<string, unknown>];
}
