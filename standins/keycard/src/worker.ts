import { Hono } from 'hono';
import { keycardError } from './keycard-error.ts';
import { sessionControl, sessionRoutes } from './session-routes.ts';

const worker = new Hono()
  .route('/.standin', sessionControl)
  .route('/', sessionRoutes)
  .notFound(() => keycardError(404, 'not_found', 'The resource does not exist.'));

export default worker;
