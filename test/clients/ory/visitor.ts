/** Makes the calls of a visit and keeps their answers. */
import type { Parameters, Sdk, SdkAnswer, SdkCall } from './sdk.ts';

export interface Account {
  readonly identityId: string;
  readonly email: string;
  readonly password: string;
}

/** One call of a visit, with its answer. */
export interface Step extends SdkAnswer {
  readonly name: string;
  readonly method: string;
}

/** An id that no flow, session or error has. */
export const UNKNOWN_ID = '4a7c1e9e-3c5b-4b8e-9b0e-2f1d6a1c0dff';

/** Makes the calls of a visit, and keeps each with its answer. */
export class Visitor {
  readonly steps: Step[] = [];
  readonly #sdk: Sdk;

  constructor(sdk: Sdk) {
    this.#sdk = sdk;
  }

  frontend(name: string, method: string, parameters: Parameters = {}): Promise<SdkAnswer> {
    return this.#call(name, { api: 'frontend', method, parameters });
  }

  identity(name: string, method: string, parameters: Parameters = {}): Promise<SdkAnswer> {
    return this.#call(name, { api: 'identity', method, parameters });
  }

  async #call(name: string, call: SdkCall): Promise<SdkAnswer> {
    if (!this.#sdk.has(call)) return { status: 0, body: undefined, cookies: [] };
    const answer = await this.#sdk.call(call);
    this.steps.push({ name, method: call.method, ...answer });
    return answer;
  }
}

export async function appSession(visitor: Visitor, account: Account): Promise<SdkAnswer> {
  const flow = await visitor.frontend('a flow for an app', 'createNativeLoginFlow');
  return submitPassword(visitor, flow, account);
}

export function submitPassword(
  visitor: Visitor,
  flow: SdkAnswer,
  { email, password }: Account,
  more: Parameters = {},
): Promise<SdkAnswer> {
  return visitor.frontend('a password', 'updateLoginFlow', {
    flow: idOf(flow),
    updateLoginFlowBody: {
      method: 'password',
      identifier: email,
      password,
      csrf_token: csrfOf(flow),
    },
    ...more,
  });
}

/** The cookies of one browser. */
export class Jar {
  readonly #cookies = new Map<string, string>();

  constructor(answer: SdkAnswer) {
    this.keep(answer);
  }

  keep({ cookies }: SdkAnswer): void {
    for (const line of cookies) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.#cookies.set(name, value);
    }
  }

  get header(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }
}

interface Documents {
  readonly id?: string;
  readonly session_token?: string;
  readonly session?: { readonly id: string };
  readonly ui?: { readonly nodes: readonly { readonly attributes: Record<string, unknown> }[] };
}

/** An answer's document, read as the flow or the sign-in that it is. A refused call has none of the members. */
const documentOf = ({ body }: SdkAnswer) => (body ?? {}) as Documents;
/** The flow's id; an id that no flow has, where the call was refused. */
export const idOf = (answer: SdkAnswer) => documentOf(answer).id ?? UNKNOWN_ID;
export const tokenOf = (answer: SdkAnswer) => documentOf(answer).session_token ?? '';
export const sessionIdOf = (answer: SdkAnswer) => documentOf(answer).session?.id ?? UNKNOWN_ID;

export function csrfOf(flow: SdkAnswer): unknown {
  const nodes = documentOf(flow).ui?.nodes ?? [];
  return nodes.find(({ attributes }) => attributes.name === 'csrf_token')?.attributes.value;
}
