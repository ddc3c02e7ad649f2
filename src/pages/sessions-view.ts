// No I/O, no clock.
import { html, raw } from 'hono/html';
import { actions } from './layout.ts';
import {
  ALL_OTHERS,
  CURRENT,
  END_FIELD,
  endValue,
  type SessionsModel,
  TOKEN_FIELD,
} from './page-models.ts';
import { type NamedSession, nameApart } from './session-label.ts';
import { describeSession } from './session-summary.ts';
import { fill, fillWith } from './texts.ts';
import type { Markup, View, ViewContext } from './view.ts';

/** A person's sessions, with a button to end each of them. */
export function sessionsView(model: SessionsModel, context: ViewContext): View {
  const { account, isCurrentKnown, canSignOut, formToken } = model;
  const { texts } = context;
  const described = [model.current, ...model.others].map(({ id, document }) =>
    describeSession(id, document, texts),
  );
  const [current, ...others] = nameApart(described, context);
  const signOut = canSignOut
    ? button(CURRENT, texts.signOutButton, undefined, 'second')
    : undefined;
  const main = html`${result(model, context)}
${account === undefined ? '' : html`<p>${fillWith(texts.signedInAs, 'account', html`<bdi>${account}</bdi>`)}</p>`}
<form method="post">
<input type="hidden" name="${TOKEN_FIELD}" value="${formToken}">
<h2>${texts.thisSession}</h2>
<ul role="list">${current === undefined ? '' : item(current, context, signOut)}</ul>
<h2>${isCurrentKnown ? texts.otherSessions : texts.sessions}</h2>
${
  others.length === 0
    ? html`<p>${isCurrentKnown ? texts.noOthers : texts.noSessions}</p>`
    : list(others, model, context)
}
</form>
${actions([{ label: texts.home, href: '/' }], 'second')}`;
  return { title: texts.sessionsTitle, main, hasForm: true, isWide: true };
}

/** Tells the result of the last change. Screen readers announce it. */
function result({ ended, isCurrentKnown }: SessionsModel, { texts }: ViewContext): Markup | '' {
  if (ended === undefined) return '';
  const whole = isCurrentKnown ? texts.endedOthers : texts.endedAll;
  const one = ended === '' ? texts.endedOne : fill(texts.endedSession, { session: ended });
  return html`<p class="note" role="status">${ended === ALL_OTHERS ? whole : one}</p>`;
}

function list(
  others: readonly NamedSession[],
  { isCurrentKnown, endsTokens, isCut }: SessionsModel,
  context: ViewContext,
): Markup {
  const { texts } = context;
  return html`${isCurrentKnown ? '' : html`<p>${texts.mayBeOneOfThese}</p>`}
${endsTokens ? html`<p>${texts.endsTokens}</p>` : ''}
<ul role="list">${others.map((session) => item(session, context, endButton(session, context)))}</ul>
${isCut ? html`<p>${fill(texts.cutOff, { count: String(others.length) })}</p>` : ''}
<div class="actions">${button(ALL_OTHERS, isCurrentKnown ? texts.endOthers : texts.endAll)}</div>`;
}

function item(
  { name, place, signedInAt, methods }: NamedSession,
  { texts, formatTime, formatList }: ViewContext,
  action?: Markup,
): Markup {
  const text = signedInText(signedInAt !== undefined, methods.length > 0, texts);
  const filled = fill(text, { methods: formatList(methods) });
  const signedIn =
    signedInAt === undefined
      ? filled
      : fillWith(
          filled,
          'time',
          html`<time datetime="${signedInAt.toISOString()}">${formatTime(signedInAt)}</time>`,
        );
  return html`
<li><div><h3>${name}</h3>
${place === undefined ? '' : html`<p><bdi>${place}</bdi></p>`}
<p>${signedIn}</p></div>
${action ?? ''}</li>`;
}

function signedInText(hasTime: boolean, hasMethods: boolean, texts: ViewContext['texts']): string {
  if (hasTime) return hasMethods ? texts.signedInAtWith : texts.signedInAt;
  return hasMethods ? texts.signedInWith : texts.signedInHere;
}

/** Makes a button whose label names the session, for people who do not see where on the page the button is. */
function endButton({ id, label }: NamedSession, { texts }: ViewContext): Markup {
  return button(endValue(id, label), texts.end, fill(texts.endOf, { session: label }), 'second');
}

function button(value: string, text: string, label: string = text, kind = ''): Markup {
  return html`<button class="action${raw(kind && ` ${kind}`)}" name="${END_FIELD}" value="${value}" aria-label="${label}">${text}</button>`;
}
