/** Ory's SDKs behind one interface, so that one visit can be made with each of them. */
import * as client from '@ory/client';
import * as fetchClient from '@ory/client-fetch';
import * as kratosClient from '@ory/kratos-client';

/** Addresses of Kratos's two APIs, or of Postern for both. Without a slash at the end. */
export interface Target {
  readonly publicUrl: string;
  readonly adminUrl: string;
  /** One of `ADMIN_SECRETS`, or any text for a Kratos that asks for none. */
  readonly adminSecret: string;
}

export type Parameters = Readonly<Record<string, unknown>>;

/** A method of `FrontendApi` or `IdentityApi` by its name in JavaScript, with its parameters in an object. */
export interface SdkCall {
  readonly api: 'frontend' | 'identity';
  readonly method: string;
  readonly parameters: Parameters;
}

/** The result of a call, or the error with its status and body. */
export interface SdkAnswer {
  readonly status: number;
  readonly body: unknown;
  /** `Set-Cookie` headers, where the SDK shows them. */
  readonly cookies: readonly string[];
}

export interface Sdk {
  /** Whether this version of the SDK has the method. */
  has(call: Pick<SdkCall, 'api' | 'method'>): boolean;
  call(call: SdkCall): Promise<SdkAnswer>;
  close(): Promise<void>;
}

export interface SdkKind {
  readonly name: string;
  /** Methods of `FrontendApi`, by their names in JavaScript. */
  readonly frontendMethods: readonly string[];
  open(target: Target): Sdk;
}

type Method = (parameters: Parameters) => Promise<unknown>;
type Api = Readonly<Record<string, Method | undefined>>;

/** An `AxiosResponse`, as far as it is compared. */
interface AxiosAnswer {
  readonly status: number;
  readonly data: unknown;
  readonly headers: { readonly 'set-cookie'?: readonly string[] };
}

/** The `…Raw` methods of @ory/client-fetch resolve with this. */
interface RawAnswer {
  readonly raw: Response;
  value(): Promise<unknown>;
}

type Apis = Readonly<Record<SdkCall['api'], object>>;

/** The members that every SDK in this process shares: there is no other process to end. */
function inThisProcess(apis: Apis): Pick<Sdk, 'has' | 'close'> {
  return { has: ({ api, method }) => method in apis[api], close: async () => {} };
}

function methodOf(apis: Apis, { api, method }: SdkCall): Method {
  // The SDKs are typed per method. The calls are data here, and a wrong name fails below.
  const found = (apis[api] as Api)[method];
  if (found === undefined) throw new Error(`${api} has no method ${method}`);
  return found.bind(apis[api]);
}

function methodsOf(api: { readonly prototype: object }): string[] {
  return Object.getOwnPropertyNames(api.prototype).filter(
    (name) => name !== 'constructor' && !/Raw$|RequestOpts$/.test(name),
  );
}

function openAxios(apis: Apis): Sdk {
  return {
    ...inThisProcess(apis),
    async call(call) {
      const answer = await methodOf(
        apis,
        call,
      )(call.parameters).catch((error: unknown) => {
        const { response } = error as { response?: AxiosAnswer }; // an AxiosError of the SDK's own axios
        if (response === undefined) throw error;
        return response;
      });
      const { status, data, headers } = answer as AxiosAnswer; // every method of these SDKs resolves with one
      return { status, body: data === '' ? undefined : data, cookies: headers['set-cookie'] ?? [] };
    },
  };
}

const CLIENT: SdkKind = {
  name: '@ory/client',
  frontendMethods: methodsOf(client.FrontendApi),
  open({ publicUrl, adminUrl, adminSecret }) {
    const admin = new client.Configuration({ basePath: adminUrl, accessToken: adminSecret });
    return openAxios({
      frontend: new client.FrontendApi(new client.Configuration({ basePath: publicUrl })),
      identity: new client.IdentityApi(admin),
    });
  },
};

const KRATOS_CLIENT: SdkKind = {
  name: '@ory/kratos-client',
  frontendMethods: methodsOf(kratosClient.FrontendApi),
  open({ publicUrl, adminUrl, adminSecret }) {
    // This SDK ignores `accessToken` (docs/session-api.md).
    const baseOptions = { headers: { Authorization: `Bearer ${adminSecret}` } };
    const admin = new kratosClient.Configuration({ basePath: adminUrl, baseOptions });
    return openAxios({
      frontend: new kratosClient.FrontendApi(
        new kratosClient.Configuration({ basePath: publicUrl }),
      ),
      identity: new kratosClient.IdentityApi(admin),
    });
  },
};

const CLIENT_FETCH: SdkKind = {
  name: '@ory/client-fetch',
  frontendMethods: methodsOf(fetchClient.FrontendApi),
  open({ publicUrl, adminUrl, adminSecret }) {
    // This SDK asks for no type of answer, and Kratos shows a page then.
    const headers = { Accept: 'application/json' };
    const apis = {
      frontend: new fetchClient.FrontendApi(
        new fetchClient.Configuration({ basePath: publicUrl, headers }),
      ),
      identity: new fetchClient.IdentityApi(
        new fetchClient.Configuration({ basePath: adminUrl, accessToken: adminSecret, headers }),
      ),
    };
    return {
      ...inThisProcess(apis),
      async call(call) {
        try {
          const raw = { ...call, method: `${call.method}Raw` };
          const answer = (await methodOf(apis, raw)(call.parameters)) as RawAnswer;
          return answerOf(answer.raw, await answer.value());
        } catch (error) {
          if (!(error instanceof fetchClient.ResponseError)) throw error;
          return answerOf(error.response, parseOrText(await error.response.text()));
        }
      },
    };
  },
};

function answerOf({ status, headers }: Response, body: unknown): SdkAnswer {
  return { status, body, cookies: headers.getSetCookie() };
}

function parseOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text === '' ? undefined : text;
  }
}

export const SDKS: readonly SdkKind[] = [CLIENT, CLIENT_FETCH, KRATOS_CLIENT];
