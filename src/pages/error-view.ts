// No I/O, no clock.
import { html } from 'hono/html';
import { type Action, actions } from './layout.ts';
import { usualCause } from './loop-causes.ts';
import type { ExplainedError } from './page-models.ts';
import { type Situation, situationOf } from './situations.ts';
import { fill, fillWith } from './texts.ts';
import type { Markup, View, ViewContext } from './view.ts';

/** The URL of the page itself, with its query (RFC 3986 section 4.4). A path of the request could name another host. */
const SAME_PAGE = '';
/** A page does not ask again sooner than this, so that many people who wait are no flood. */
const LEAST_WAIT_SECONDS = 5;
/** The situations that pass by themselves. The page asks again when the wait is over. */
const PASSING: readonly Situation[] = [
  'checkFailed',
  'serviceDown',
  'signInDown',
  'siteDown',
  'wentWrong',
  'busy',
];

/** For the operator: a person without a session needs a page to sign in at. */
const NO_SIGN_IN =
  'This site has no page at which a browser can sign in. Programs send an access token in Authorization: Bearer. Operator: set LOGIN_URL if there is such a page.';

/** The page in place of an error: what happened, to whom, and what to do. The operator's words are folded away. */
export function errorView(model: ExplainedError, context: ViewContext): View {
  const { texts, formatDuration } = context;
  const situation = model.isSignOut ? 'notSignedOut' : situationOf(model.reason);
  const wait = waitOf(situation, context);
  const text =
    situation === 'noAccess' && model.account !== undefined
      ? fillWith(texts.noAccessAs, 'account', html`<bdi>${model.account}</bdi>`)
      : texts[situation];
  const main = html`<p>${text}</p>
${wait === undefined ? '' : html`<p class="muted">${fill(texts.triesAgain, { wait: formatDuration(wait) })}</p>`}
${actions(actionsOf(model, situation, context))}
${details(model, context)}`;
  const refresh = wait === undefined ? undefined : { seconds: wait };
  return { title: texts[`${situation}Title`], main, refresh };
}

/** Returns the seconds until the page asks again; `undefined` if it does not. */
function waitOf(situation: Situation, { asker, init }: ViewContext): number | undefined {
  const retryAfter = init.headers.get('retry-after');
  if (!PASSING.includes(situation) || !isRepeatable(asker) || retryAfter === null) return undefined;
  const seconds = Number(retryAfter);
  return Number.isSafeInteger(seconds) ? Math.max(seconds, LEAST_WAIT_SECONDS) : undefined;
}

function isRepeatable({ method }: ViewContext['asker']): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** Returns what the person can do, the plain next step first. At a host that is not the site's, there is nothing. */
function actionsOf(
  { reason, signInUrl, otherAccountUrl }: ExplainedError,
  situation: Situation,
  { texts, asker, init }: ViewContext,
): Action[] {
  const home = { label: texts.home, href: '/' };
  const again = { label: texts.tryAgain, href: SAME_PAGE };
  switch (situation) {
    case 'unknownHost':
      return [];
    case 'formOver':
      return [{ label: texts.openAgain, href: SAME_PAGE }];
    case 'loop':
    case 'signInAgain':
    case 'signInOver':
    case 'declined': {
      const label = situation === 'declined' ? texts.signIn : texts.signInOnceMore;
      return signInUrl === undefined ? [home] : [{ label, href: signInUrl }, home];
    }
    case 'noAccess':
      return otherAccountUrl === undefined
        ? [home]
        : [{ label: texts.otherAccount, href: otherAccountUrl }, home];
    default:
      return isRepeatable(asker) && (init.status >= 500 || reason === 'headers_too_large')
        ? [again, home]
        : [home];
  }
}

/** Makes the part for the people whom the person asks for help. It is in English, as the operator's log is. */
function details(
  { reason, cause, explanation, causeHint }: ExplainedError,
  { texts, asker, init, language, at, formatTime }: ViewContext,
): Markup {
  const ray = asker.headers.get('cf-ray');
  const { message, hint } = explanation;
  const loop =
    cause === undefined ? [] : [`What this site said each time: ${causeHint}`, usualCause(cause)];
  const noSignIn = situationOf(reason) === 'signedOut' ? [NO_SIGN_IN] : [];
  const lines = [message, hint, ...noSignIn, ...loop];
  return html`<details>
<summary>${texts.details}</summary>
<dl>
<dt>${texts.code}</dt><dd><code>${cause ?? reason}</code> (${init.status})</dd>
<dt>${texts.time}</dt><dd><time datetime="${at.toISOString()}">${formatTime(at)}</time></dd>
${ray === null ? '' : html`<dt>${texts.request}</dt><dd><code>${ray}</code></dd>`}
</dl>
<div${language.tag === 'en' ? '' : ENGLISH_INSIDE}>${lines.map((line) => html`<p>${line}</p>`)}</div>
</details>`;
}

const ENGLISH_INSIDE = html` lang="en" dir="ltr"`;
