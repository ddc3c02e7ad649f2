// No I/O, no clock.
import type { Config } from '../../src/config/config.ts';

const TOKEN = 'explained-token-for-';

/**
 * Answers in place of an issuer that exchanges tokens: its metadata, and a token for any resource (RFC 8693 section 2.2.1).
 * `undefined` for every other call.
 */
export function answerIssuer(request: Request, { ISSUERS }: Config): Promise<Response> | undefined {
  const url = new URL(request.url);
  const issuer = ISSUERS.find(
    ({ issuer: name, client_id: client }) =>
      client !== undefined && URL.parse(name)?.origin === url.origin,
  )?.issuer;
  if (issuer === undefined) return undefined;
  if (request.method === 'GET' && url.pathname.includes('/.well-known/')) {
    const endpoint = `${url.origin}/explained-token`;
    const keys = `${url.origin}/explained-keys`;
    return Promise.resolve(Response.json({ issuer, token_endpoint: endpoint, jwks_uri: keys }));
  }
  return request.method === 'POST' && url.pathname === '/explained-token'
    ? answerExchange(request)
    : undefined;
}

async function answerExchange(request: Request): Promise<Response> {
  const resource = new URLSearchParams(await request.text()).get('resource') ?? '';
  return Response.json({
    access_token: `${TOKEN}${Buffer.from(resource).toString('base64url')}`,
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    token_type: 'Bearer',
    expires_in: 60,
  });
}

/** Writes a text in place of each exchanged token: only the issuer makes the real one. */
export function withPlaces(headers: Headers): Map<string, string> {
  const pattern = new RegExp(`${TOKEN}([\\w-]+)`);
  return new Map(
    [...headers].map(([name, value]) => [
      name,
      value.replace(
        pattern,
        (_, coded: string) => `(a token for ${Buffer.from(coded, 'base64url')})`,
      ),
    ]),
  );
}
