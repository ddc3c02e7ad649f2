/** Begins and submits Kratos's self-service flows through the gate, as apps, scripts and browsers do. */

import type { KratosHandle } from '../../support/standin-control.ts';
import type { KnownSession, Site } from './site.ts';

export const JSON_TYPE = { 'content-type': 'application/json' };
export const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' };
/** The Accept header of a navigating browser. */
export const PAGE = { accept: 'text/html' };

export const as = ({ token }: Pick<KnownSession, 'token'>) => ({ 'x-session-token': token });
export const ofCookie = ({ cookie }: Pick<KnownSession, 'cookie'>) => ({ cookie });

export interface Flow {
  readonly id: string;
  readonly headers: Record<string, string>;
  readonly csrf_token: string;
}

interface BeginOptions {
  readonly headers?: Record<string, string>;
  readonly query?: string;
}

/** Addresses for the forms: through the gate, and past it for the preparation of a test. */
export interface FormTarget {
  readonly send: Site['send'];
  readonly gate: { readonly kratos: Pick<KratosHandle, 'url'> };
}

export interface SelfServiceForms {
  /** Begins a flow, with the cookies its browser then has. */
  begin(kind: string, type: 'api' | 'browser', options?: BeginOptions): Promise<Flow>;
  /** Sends a flow's form: as an app or a script does, or as a browser that navigates. */
  submit(
    kind: string,
    flow: Flow,
    fields: object,
    options?: { readonly isPage?: boolean },
  ): Promise<Response>;
  /** Sets a password by Kratos's own settings, past the gate. */
  setPassword(session: Pick<KnownSession, 'token'>, password: string): Promise<void>;
  /** Begins a social sign-in through the gate. Returns what the provider sends the browser back with. */
  signInAtProvider(
    identityId: string,
    callback?: string,
  ): Promise<{ path: string; headers: Record<string, string> }>;
  /** The link by which a browser signs out, asked for past the gate. */
  logoutPath(session: Pick<KnownSession, 'cookie'>): Promise<string>;
}

/** Forms for a target that is looked up at each request. */
export function selfServiceForms(target: () => FormTarget): SelfServiceForms {
  return {
    async begin(kind, type, { headers = {}, query = '' } = {}) {
      const answer = await target().send(`/self-service/${kind}/${type}${query}`, {
        headers: { ...headers, accept: 'application/json' },
      });
      const { id, ui } = (await answer.json()) as {
        id: string;
        ui: { nodes: { attributes: { name: string; value: string } }[] };
      };
      const csrf = answer.headers.getSetCookie()[0]?.split(';')[0];
      const cookie = [headers.cookie, csrf].filter(Boolean).join('; ');
      const node = ui.nodes.find(({ attributes }) => attributes.name === 'csrf_token');
      return {
        id,
        headers: { ...headers, ...(cookie !== '' && { cookie }) },
        csrf_token: node?.attributes.value ?? '',
      };
    },

    submit(kind, { id, headers, csrf_token }, fields, { isPage = false } = {}) {
      const body = { csrf_token, ...fields };
      return target().send(`/self-service/${kind}?flow=${id}`, {
        method: 'POST',
        headers: { ...headers, ...(isPage ? { ...PAGE, ...FORM_TYPE } : JSON_TYPE) },
        body: isPage ? new URLSearchParams(body).toString() : JSON.stringify(body),
      });
    },

    async setPassword(session, password) {
      const { url } = target().gate.kratos;
      const made = await fetch(`${url}/self-service/settings/api`, { headers: as(session) });
      const { id } = (await made.json()) as { id: string };
      await fetch(`${url}/self-service/settings?flow=${id}`, {
        method: 'POST',
        headers: { ...as(session), ...JSON_TYPE },
        body: JSON.stringify({ method: 'password', password }),
      });
    },

    async signInAtProvider(identityId, callback = '/google') {
      const { id, headers, csrf_token } = await this.begin('login', 'browser');
      const fields = { method: 'oidc', provider: 'google' };
      const sent = await this.submit('login', { id, headers, csrf_token }, fields, {
        isPage: true,
      });
      const state = new URL(sent.headers.get('location') ?? '').searchParams.get('state') ?? '';
      const [continuity = ''] = sent.headers.getSetCookie()[0]?.split(';') ?? [];
      const query = new URLSearchParams({ code: identityId, state });
      return {
        path: `/self-service/methods/oidc/callback${callback}?${query}`,
        headers: { ...PAGE, cookie: [headers.cookie, continuity].filter(Boolean).join('; ') },
      };
    },

    async logoutPath(session) {
      const headers = { ...ofCookie(session), accept: 'application/json' };
      const { url } = target().gate.kratos;
      const answer = await fetch(`${url}/self-service/logout/browser`, { headers });
      const { logout_token: token } = (await answer.json()) as { logout_token: string };
      return `/self-service/logout?token=${token}`;
    },
  };
}
