import type { Context } from 'hono';
import { store } from './store.ts';

export interface Env {
  /** `serve.public.base_url`, without a slash at the end. */
  PUBLIC_URL?: string;
}

/** The argument of every route of the stand-in. */
export type KratosContext = Context<{ Bindings: Env }>;

/** Kratos's public address, without a slash at the end: the configured one, else the called origin. */
export function publicUrl(c: KratosContext): string {
  const configured = store.settings.publicUrl ?? c.env.PUBLIC_URL;
  return (configured ?? new URL(c.req.url).origin).replace(/\/$/, '');
}
