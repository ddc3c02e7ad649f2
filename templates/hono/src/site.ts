import { Hono } from 'hono';
import { type KratosSession, type PosternOptions, postern, requireSession } from 'postern/hono';

/** The traits of the identity schema in Kratos. */
type Session = KratosSession<{ email: string }>;

/** The site, with the gate in front of every route. Tests give options; the Worker reads its environment. */
export const createSite = (options?: PosternOptions) =>
  new Hono<{ Bindings: Env }>()
    .use(postern<Session>(options))
    .get('/', (c) =>
      c.text(`${c.env?.GREETING ?? 'Hello'}, ${c.var.session?.identity.traits.email}`),
    )
    .get('/visits', async (c) => {
      await c.env.DB.exec('CREATE TABLE IF NOT EXISTS visits (person TEXT)');
      await c.env.DB.prepare('INSERT INTO visits VALUES (?)').bind(c.var.identity?.id).run();
      return c.json(await c.env.DB.prepare('SELECT count(*) AS visits FROM visits').first());
    })
    .get('/admin', requireSession<Session>({ aal: 'aal2' }), (c) =>
      c.text(`Two factors of ${c.var.session.identity.traits.email}`),
    )
    .get('*', (c) => c.env.ASSETS.fetch(c.req.raw));
