// Pure: no I/O, no clock.
import { html } from 'hono/html';
import { type Markup, page } from '../../refusals/page.ts';
import type { SessionSummary } from './session-summary.ts';

export interface SessionsPage {
  readonly current: SessionSummary;
  /** Whether the provider told which session is that of the request. Otherwise it may be among `others`. */
  readonly isCurrentKnown: boolean;
  /** Whether the end of a session also ends tokens of its application, which name no session. */
  readonly endsTokens: boolean;
  readonly others: readonly SessionSummary[];
  /** Whether the person may have more sessions than `others` shows. */
  readonly isCut: boolean;
  /** The token that the form sends back with a change. It proves that this page made the request. */
  readonly formToken: string;
  /** Whether a change has just been made. */
  readonly isChanged: boolean;
}

/** The form field with the id of the session to end, or {@link ALL_OTHERS}. */
export const END_FIELD = 'end';
export const TOKEN_FIELD = 'token';
export const ALL_OTHERS = 'others';

/** Renders a person's sessions, with a button to end each session except the current one. */
export function sessionsPage(shown: SessionsPage, headers: Headers): Promise<Response> {
  const { current, isCurrentKnown, endsTokens, others, isCut, formToken, isChanged } = shown;
  const main = html`${isChanged ? html`<p>This is where you are signed in now.</p>` : ''}
<h2>This session</h2>
<ul role="list">${item(current)}</ul>
<h2>${isCurrentKnown ? 'Other sessions' : 'Sessions'}</h2>
${
  others.length === 0
    ? html`<p>${isCurrentKnown ? 'You are signed in nowhere else.' : 'There are no sessions to show.'}</p>`
    : html`<form method="post">
<input type="hidden" name="${TOKEN_FIELD}" value="${formToken}">
${isCurrentKnown ? '' : html`<p>This session may be one of these.</p>`}
${endsTokens ? html`<p>When you end a session, your other access to its application ends too.</p>` : ''}
<ul role="list">${others.map((session) => item(session, endButton(session)))}</ul>
${isCut ? html`<p>No more than ${others.length} are shown.</p>` : ''}
<p>${button(ALL_OTHERS, isCurrentKnown ? 'End all other sessions' : 'End all sessions')}</p>
</form>`
}`;
  return page('Your sessions', main, { status: 200, headers, hasForm: true });
}

function item({ device, place, signedInAt, methods }: SessionSummary, action?: Markup): Markup {
  const when = signedInAt && html`<time datetime="${signedInAt.iso}">${signedInAt.text}</time>`;
  return html`
<li><h3>${device}</h3>
${place === undefined ? '' : html`<p>${place}</p>`}
<p>Signed in${when && html` on ${when}`}${methods.length === 0 ? '' : ` with ${methods.join(', ')}`}</p>
${action ?? ''}</li>`;
}

/** Makes a button whose label names the session, for people who do not see where on the page the button is. */
function endButton({ id, device, place, signedInAt }: SessionSummary): Markup {
  const marks = [device, place, signedInAt?.text].filter((mark) => mark !== undefined);
  return button(id, 'End', `End the session: ${marks.join(', ')}`);
}

function button(value: string, text: string, label: string = text): Markup {
  return html`<button class="action" name="${END_FIELD}" value="${value}" aria-label="${label}">${text}</button>`;
}
