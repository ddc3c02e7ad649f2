/** The server that makes this site's sign-in pages; without it there are none. */
export interface Env {
  readonly UI_URL?: string;
}

/** The site's pages below `/ui/`, which show Kratos's forms: made elsewhere, shown on the site's own host. */
export function showSignInPage(request: Request, uiUrl: string): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  return fetch(new Request(`${uiUrl}${pathname}${search}`, request), { redirect: 'manual' });
}
