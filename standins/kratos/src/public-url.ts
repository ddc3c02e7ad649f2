import type { Context } from 'hono';
import type { CsrfSecret } from './csrf.ts';
import { store } from './store.ts';

interface Env {
  /** `serve.public.base_url`, without a slash at the end. */
  PUBLIC_URL?: string;
}

/** The context of the stand-in's routes. */
export interface KratosEnv {
  Bindings: Env;
  Variables: { csrf: CsrfSecret };
}

/** The argument of every route of the stand-in. */
export type KratosContext = Context<KratosEnv>;

/** A page of the sign-in pages, which the stand-in serves at its public URL (`selfservice.flows.*.ui_url`). */
export function uiUrl(c: KratosContext, page: string, query: Record<string, string> = {}): string {
  const search = new URLSearchParams(query);
  return `${publicUrl(c)}/ui/${page}${search.size > 0 ? `?${search}` : ''}`;
}

/** Kratos's public address, without a slash at the end: the configured one, else the called origin. */
export function publicUrl(c: KratosContext): string {
  return configuredPublicUrl(c) ?? new URL(c.req.url).origin;
}

/** `serve.public.base_url`, without a slash at the end; undefined when none is configured. */
export function configuredPublicUrl(c: KratosContext): string | undefined {
  return (store.settings.publicUrl ?? c.env.PUBLIC_URL)?.replace(/\/$/, '');
}
