import { checkQuery, matching } from '../../http/checked-query.ts';
import { tracingHeaders } from '../../http/request-headers.ts';
import { passThrough } from '../../providers/pass-through.ts';
import { failed } from '../../runtime/result.ts';
import {
  type ApiAnswer,
  type ApiCall,
  type ApiMethods,
  type ApiPlan,
  answerWith,
  change,
  make,
} from '../../session-changes/api-route.ts';
import { readTextOf, type SelfServiceOptions } from './flow-request.ts';
import { signIn } from './sign-in.ts';

const EXCHANGE_CODE = matching(
  /^[\x21-\x7e]{1,512}$/,
  'a code of the sign-in, at most 512 characters',
);

/** Kratos's route for the session of a native app's sign-in in a browser (`session/handler.go`, `exchangeCode`). */
export function tokenExchangeRoutes(options: SelfServiceOptions): Record<string, ApiMethods> {
  return { '/sessions/token-exchange': { GET: change((call) => exchangeToken(call, options)) } };
}

/** Ends a sign-in that an app began and that went through a browser. Only the app gets the session. */
async function exchangeToken(call: ApiCall, options: SelfServiceOptions): Promise<ApiPlan> {
  const query = checkQuery(call.target.search, {
    checks: { init_code: EXCHANGE_CODE, return_to_code: EXCHANGE_CODE },
    isLenient: true,
  });
  if (!query.ok) return answerWith(query);
  const send = async () => {
    const sent = await options.kratos.send({
      method: 'GET',
      segments: ['sessions', 'token-exchange'],
      query: query.value.toString(),
      headers: { accept: 'application/json', ...tracingHeaders(call.request.headers) },
    });
    return sent.ok ? passDocument(sent.value) : sent;
  };
  return make(signIn({ call, credential: undefined, caller: undefined, options, send }));
}

/** Reads the document whole, because Postern inspects it before the client gets it. */
async function passDocument(response: Response): Promise<ApiAnswer> {
  const text = await readTextOf(response);
  return text === undefined
    ? failed('upstream_not_valid')
    : passThrough(new Response(text, response));
}
