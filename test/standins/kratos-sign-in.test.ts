import { Configuration, FrontendApi, type LoginFlow, ResponseError } from '@ory/client-fetch';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { KratosClient } from './kratos-client.ts';

let kratos: KratosClient;

beforeAll(async () => {
  kratos = await KratosClient.start();
});
afterAll(() => kratos.stop());
beforeEach(() => kratos.reset());

const PASSWORD = { method: 'password', identifier: 'demo@example.com', password: 'postern-demo' };

function cookiesOf(answer: Response): string {
  const pairs = answer.headers.getSetCookie().map((cookie) => cookie.split(';')[0]);
  return pairs.join('; ');
}

/** Opens a browser flow and its page, as a browser does. */
async function openForm(query = '', cookie = '') {
  const opened = await kratos.call(`/self-service/login/browser${query}`, {
    headers: { Cookie: cookie },
  });
  const jar = [cookie, cookiesOf(opened)].filter(Boolean).join('; ');
  const location = opened.headers.get('Location') ?? '';
  const page = await (await fetch(location, { headers: { Cookie: jar } })).text();
  const action = /action="([^"]+)"/.exec(page)?.[1] ?? '';
  const csrfToken = /name="csrf_token" value="([^"]+)"/.exec(page)?.[1] ?? '';
  return { page, jar, location, action, csrfToken };
}

function sendForm(action: string, fields: Record<string, string>, cookie: string) {
  const body = new URLSearchParams(fields);
  return kratos.call(action, { method: 'POST', body, headers: { Cookie: cookie } });
}

/** Signs in by the form; returns the answer that sends the browser back. */
async function signInByForm(query: string, fields: Record<string, string> = PASSWORD) {
  const { action, csrfToken, jar } = await openForm(query);
  return await sendForm(action, { ...fields, csrf_token: csrfToken }, jar);
}

describe('the official client', () => {
  const client = () => new FrontendApi(new Configuration({ basePath: kratos.origin }));

  it('signs in natively, calls whoami, and signs out', async () => {
    const flow = await client().createNativeLoginFlow();
    expect(flow).toMatchObject({ type: 'api', requested_aal: 'aal1', refresh: false });
    const signedIn = await client().updateLoginFlow({
      flow: flow.id,
      updateLoginFlowBody: { ...PASSWORD, method: 'password' },
    });
    const token = signedIn.session_token ?? '';
    expect(token).toMatch(/^ory_st_[A-Za-z0-9]{32}$/);

    const session = await client().toSession({ xSessionToken: token });
    expect(session.id).toBe(signedIn.session.id);
    expect(session.identity?.traits).toHaveProperty('email', 'demo@example.com');
    expect(session.identity?.metadata_public).toEqual({ roles: ['admin'] });

    const logout = { performNativeLogoutBody: { session_token: token } };
    await client().performNativeLogout(logout);
    await client().performNativeLogout(logout);
    await expect(client().toSession({ xSessionToken: token })).rejects.toMatchObject({
      response: { status: 401 },
    });
  });

  it('gets the flow with the error of a wrong password', async () => {
    const flow = await client().createNativeLoginFlow();
    const failure: unknown = await client()
      .updateLoginFlow({
        flow: flow.id,
        updateLoginFlowBody: { ...PASSWORD, method: 'password', password: 'wrong' },
      })
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ResponseError);
    const { response } = failure as ResponseError;
    const answered = (await response.json()) as LoginFlow;
    expect(response.status).toBe(400);
    expect(answered.ui.messages?.[0]?.id).toBe(4000006);
    expect(answered.ui.nodes).toHaveLength(4);
  });

  it('lists and ends its other sessions', async () => {
    const identityId = crypto.randomUUID();
    const { session_token: xSessionToken } = await kratos.signIn({ identityId });
    const other = await kratos.signIn({ identityId });
    const listed = await client().listMySessions({ xSessionToken });
    expect(listed.map(({ id }) => id)).toEqual([other.session.id]);
    await client().disableMySession({ id: other.session.id, xSessionToken });
    expect(await client().disableMyOtherSessions({ xSessionToken })).toEqual({ count: 1 });
  });
});

describe('login in a browser', () => {
  it('shows a labelled form that works without JavaScript', async () => {
    const { page, location } = await openForm();
    expect(location).toMatch(/\/ui\/login\?flow=[\da-f-]{36}$/);
    expect(page).toContain('<label for="identifier">Email</label>');
    expect(page).toContain('<label for="password">Password</label>');
    expect(page).not.toContain('<script');
  });

  it('sends the browser back with a session cookie', async () => {
    const returnTo = 'https://app.example.com/inbox?x=1';
    const answer = await signInByForm(`?return_to=${encodeURIComponent(returnTo)}`);
    expect([answer.status, answer.headers.get('Location')]).toEqual([303, returnTo]);
    expect((await kratos.whoami({ Cookie: cookiesOf(answer) })).status).toBe(200);
  });

  it('shows the form again after a wrong password', async () => {
    const { action, csrfToken, jar } = await openForm();
    const fields = { ...PASSWORD, password: 'wrong', csrf_token: csrfToken };
    const answer = await sendForm(action, fields, jar);
    const page = await (await fetch(answer.headers.get('Location') ?? '')).text();
    expect(answer.status).toBe(303);
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect(page).toContain('role="alert">The provided credentials are invalid');
    expect(page).toContain('value="demo@example.com"');
  });

  it('is protected against cross-site requests', async () => {
    const { action, csrfToken, jar } = await openForm();
    const withToken = { ...PASSWORD, csrf_token: csrfToken };
    for (const forged of [sendForm(action, PASSWORD, jar), sendForm(action, withToken, '')]) {
      expect((await forged).headers.get('Location')).toContain('/ui/error?id=');
    }
    const answer = await sendForm(action, withToken, jar);
    expect(answer.headers.get('Location')).toBe(`${kratos.origin}/ui/welcome`);
  });

  it('answers a script with JSON', async () => {
    const headers = { Accept: 'application/json' };
    const opened = await kratos.call('/self-service/login/browser', { headers });
    const flow = (await opened.json()) as LoginFlow;
    const jar = cookiesOf(opened);
    const csrf = flow.ui.nodes[0]?.attributes as { value: string };
    const read = await kratos.call(`/self-service/login/flows?id=${flow.id}`, {
      headers: { Cookie: jar },
    });
    expect(await read.json()).toMatchObject({ id: flow.id, state: 'choose_method' });
    expect((await kratos.call(`/self-service/login/flows?id=${flow.id}`)).status).toBe(403);
    const path = new URL(flow.ui.action);
    const body = { ...PASSWORD, csrf_token: csrf.value };
    const answer = await kratos.send('POST', path.pathname + path.search, body, {
      ...headers,
      Cookie: jar,
    });
    expect(answer.status).toBe(200);
    expect(Object.keys((await answer.json()) as object)).toEqual(['session', 'continue_with']);
    expect((await kratos.whoami({ Cookie: cookiesOf(answer) })).status).toBe(200);
  });

  it.each(['https://evil.example.net/', 'https://example.com.evil.org/', 'javascript:alert(1)'])(
    'does not redirect to %s',
    async (returnTo) => {
      const query = `?return_to=${encodeURIComponent(returnTo)}`;
      const headers = { Accept: 'application/json' };
      const answer = await kratos.call(`/self-service/login/browser${query}`, { headers });
      expect(answer.status).toBe(400);
      expect(await answer.json()).toHaveProperty(
        'error.id',
        'self_service_flow_return_to_forbidden',
      );
    },
  );

  it('requires the second factor of a session that lacks it, and keeps the session', async () => {
    const first = await signInByForm('', { ...PASSWORD, identifier: 'mia@example.com' });
    const cookie = cookiesOf(first);
    expect((await kratos.whoami({ Cookie: cookie })).status).toBe(403);

    const { page, action, csrfToken, jar } = await openForm('?aal=aal2', cookie);
    expect(page).toContain('<label for="totp_code">Authentication code</label>');
    const fields = { method: 'totp', csrf_token: csrfToken };
    const wrong = await sendForm(action, { ...fields, totp_code: '123456' }, jar);
    expect(wrong.headers.getSetCookie()).toEqual([]);
    const answer = await sendForm(action, { ...fields, totp_code: '000000' }, jar);
    const session = await (await kratos.whoami({ Cookie: cookiesOf(answer) })).json();
    expect(session).toMatchObject({ authenticator_assurance_level: 'aal2' });
    expect((await kratos.whoami({ Cookie: cookie })).status).toBe(200);
  });

  it('starts no second login unless ?refresh=true, which keeps the session', async () => {
    const { cookie, session } = await kratos.signIn();
    const again = await kratos.call('/self-service/login/browser', { headers: { Cookie: cookie } });
    expect(again.headers.get('Location')).toBe(`${kratos.origin}/ui/welcome`);
    const { page, action, csrfToken, jar } = await openForm('?refresh=true', cookie);
    expect(page).toContain('Confirm that it is you');
    const answer = await sendForm(action, { ...PASSWORD, csrf_token: csrfToken }, jar);
    const refreshed = await (await kratos.whoami({ Cookie: cookiesOf(answer) })).json();
    expect(refreshed).toHaveProperty('id', session.id);
  });
});

describe('logout in a browser', () => {
  it('gives a URL that ends the session and clears the cookie', async () => {
    const { cookie } = await kratos.signIn();
    const headers = { Cookie: cookie };
    const created = await kratos.call('/self-service/logout/browser', { headers });
    const { logout_url: url, logout_token: token } = (await created.json()) as {
      logout_url: string;
      logout_token: string;
    };
    expect(token).toMatch(/^ory_lo_/);
    const wrong = await kratos.call('/self-service/logout?token=wrong', { headers });
    expect(wrong.headers.get('Location')).toContain('/ui/error?id=');
    const answer = await fetch(`${url}&return_to=http://localhost:3000/bye`, {
      headers,
      redirect: 'manual',
    });
    expect(answer.headers.get('Location')).toBe('http://localhost:3000/bye');
    expect(answer.headers.getSetCookie()[0]).toMatch(
      /^ory_kratos_session=MT[\w-]{400,}=;.*Max-Age=0/,
    );
    expect((await kratos.whoami(headers)).status).toBe(401);
  });

  it.each(['/self-service/logout/browser', '/self-service/logout?token=x'])(
    '%s gives 401 session_inactive without a session',
    async (path) => {
      const answer = await kratos.call(path, { headers: { Accept: 'application/json' } });
      expect([answer.status, answer.headers.get('Ory-Error-Id')]).toEqual([
        401,
        'session_inactive',
      ]);
      expect(await answer.json()).toHaveProperty(
        'error.reason',
        'No active session was found in this request.',
      );
    },
  );

  it('DELETE /self-service/logout/api gives 403 for an unknown token', async () => {
    const path = '/self-service/logout/api';
    expect((await kratos.send('DELETE', path, { session_token: 'ory_st_x' })).status).toBe(403);
  });
});
