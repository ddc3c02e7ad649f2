// What a user would write by hand: Hono, jose's remote key set, every token verified on every request.
import { Hono } from 'hono';
import { createRemoteJWKSet, jwtVerify } from 'jose';

const keys = createRemoteJWKSet(new URL('https://auth.example.com/.well-known/jwks.json'));
const app = new Hono();

app.use(async (context, next) => {
  const [, token] = /^Bearer (.+)$/.exec(context.req.header('Authorization') ?? '') ?? [];
  if (token === undefined) return context.json({ error: 'unauthorized' }, 401);
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer: 'https://auth.example.com/',
      audience: 'postern',
      algorithms: ['ES256'],
    });
    context.set('claims', payload);
  } catch {
    return context.json({ error: 'unauthorized' }, 401);
  }
  return next();
});

app.all('*', (context) => {
  const { sub, email, roles } = context.get('claims');
  const request = new Request(context.req.raw);
  request.headers.delete('Authorization');
  request.headers.set('X-User-Id', sub);
  request.headers.set('X-User-Email', email);
  request.headers.set('X-User-Roles', roles.join(','));
  return context.env.ORIGIN.fetch(request);
});

export default app;
