import type { Context } from 'hono';
import { store } from './store.ts';

export interface Env {
  /** `serve.public.base_url`, without a slash at the end. */
  PUBLIC_URL?: string;
}

/** What every route of the stand-in is handed. */
export type KratosContext = Context<{ Bindings: Env }>;

/** Where the outside finds Kratos, without a slash at the end: configured, else the origin called. */
export function publicUrl(c: KratosContext): string {
  const configured = store.settings.publicUrl ?? c.env.PUBLIC_URL;
  return (configured ?? new URL(c.req.url).origin).replace(/\/$/, '');
}
