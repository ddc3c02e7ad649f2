import type { Credential } from '../credentials/credential.ts';
import { tracingHeaders } from '../http/request-headers.ts';
import { credentialHeaders } from '../providers/kratos/credential-headers.ts';
import { passThrough } from '../providers/pass-through.ts';
import type { Upstream, UpstreamCall } from '../providers/upstream.ts';
import type { ApiAnswer } from './api-route.ts';

/** Calls Kratos with the caller's one credential. Of the caller's other headers, only those for tracing are sent. */
export async function sendAsCaller(
  kratos: Upstream,
  call: Pick<UpstreamCall, 'method' | 'segments' | 'query'>,
  { request, credential }: { readonly request: Request; readonly credential: Credential },
): Promise<ApiAnswer> {
  const headers = {
    accept: 'application/json',
    ...tracingHeaders(request.headers),
    ...credentialHeaders(credential),
  };
  const sent = await kratos.send({ ...call, headers });
  return sent.ok ? passThrough(sent.value) : sent;
}
