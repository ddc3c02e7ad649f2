import { actionPath, type Flow } from './flow.ts';
import { formNodes } from './forms.ts';
import { formatGoTime, formatGoTimeInMemory } from './go-json.ts';
import { identityDocument, type JsonObject } from './identity.ts';
import { type KratosContext, publicUrl } from './public-url.ts';
import { store } from './store.ts';

export interface FlowDocumentOptions {
  /** True if this answer begins the flow: its times then come from the clock. */
  readonly isFresh?: boolean;
  /** The flow whose form is shown; the flow itself unless given. */
  readonly form?: Flow;
}

/** A flow as the API shows it (`selfservice/flow/*\/flow.go`). */
export function flowDocument(
  c: KratosContext,
  flow: Flow,
  { isFresh = false, form = flow }: FlowDocumentOptions = {},
): JsonObject {
  const format = isFresh ? formatGoTimeInMemory : formatGoTime;
  return {
    id: flow.id,
    type: flow.type,
    expires_at: format(flow.expiresAt),
    issued_at: format(flow.issuedAt),
    request_url: flow.requestUrl,
    return_to: flow.returnTo,
    active: flow.active,
    ui: {
      action: `${publicUrl(c)}${actionPath(form)}`,
      method: 'POST',
      nodes: formNodes(form),
      messages: form.messages.length > 0 ? form.messages : undefined,
    },
    state: flow.state,
    ...membersOfKind(c, flow),
  };
}

function membersOfKind(c: KratosContext, flow: Flow): JsonObject {
  switch (flow.kind) {
    case 'login':
      return {
        organization_id: null,
        created_at: formatGoTime(flow.issuedAt),
        updated_at: formatGoTime(flow.issuedAt),
        refresh: flow.refresh,
        requested_aal: flow.requestedAal,
        session_token_exchange_code: flow.exchangeCode,
      };
    case 'settings': {
      const identity = store.identities.get(flow.identityId ?? '');
      return {
        organization_id: null,
        identity: identity && identityDocument(identity, publicUrl(c)),
      };
    }
    case 'registration':
      return { organization_id: null };
    default:
      return {};
  }
}
