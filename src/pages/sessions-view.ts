// No I/O, no clock.
import { html, raw } from 'hono/html';
import { ALL_OTHERS, END_FIELD, type SessionsModel, TOKEN_FIELD } from './page-models.ts';
import { describeSession, type SessionSummary } from './session-summary.ts';
import { fill } from './texts.ts';
import type { Markup, View, ViewContext } from './view.ts';

/** A person's sessions, with a button to end each session except the current one. */
export function sessionsView(model: SessionsModel, context: ViewContext): View {
  const { isCurrentKnown, endsTokens, others, isCut, formToken, isChanged } = model;
  const { texts } = context;
  const describe = ({ id, document }: SessionsModel['current']) =>
    describeSession(id, document, texts);
  const main = html`${isChanged ? html`<p class="note" role="status">${texts.changed}</p>` : ''}
<h2>${texts.thisSession}</h2>
<ul role="list">${item(describe(model.current), context)}</ul>
<h2>${isCurrentKnown ? texts.otherSessions : texts.sessions}</h2>
${
  others.length === 0
    ? html`<p>${isCurrentKnown ? texts.noOthers : texts.noSessions}</p>`
    : html`<form method="post">
<input type="hidden" name="${TOKEN_FIELD}" value="${formToken}">
${isCurrentKnown ? '' : html`<p>${texts.mayBeOneOfThese}</p>`}
${endsTokens ? html`<p>${texts.endsTokens}</p>` : ''}
<ul role="list">${namedApart(others.map(describe), context).map(({ session, name }) =>
        item(session, context, endButton(session.id, name, context)),
      )}</ul>
${isCut ? html`<p>${fill(texts.cutOff, { count: String(others.length) })}</p>` : ''}
<div class="actions">${button(ALL_OTHERS, isCurrentKnown ? texts.endOthers : texts.endAll)}</div>
</form>`
}`;
  return { title: texts.sessionsTitle, main, hasForm: true, isWide: true };
}

function item(
  { device, place, signedInAt, methods }: SessionSummary,
  { texts, formatTime, formatList }: ViewContext,
  action?: Markup,
): Markup {
  // The time is put between the words before and after it, as an element of its own.
  const text = signedInText(signedInAt !== undefined, methods.length > 0, texts);
  const [before = '', after = ''] = fill(text, { methods: formatList(methods) }).split('{time}');
  const time =
    signedInAt &&
    html`<time datetime="${signedInAt.toISOString()}">${formatTime(signedInAt)}</time>`;
  return html`
<li><div><h3>${device}</h3>
${place === undefined ? '' : html`<p>${place}</p>`}
<p>${before}${time ?? ''}${after}</p></div>
${action ?? ''}</li>`;
}

function signedInText(hasTime: boolean, hasMethods: boolean, texts: ViewContext['texts']): string {
  if (hasTime) return hasMethods ? texts.signedInAtWith : texts.signedInAt;
  return hasMethods ? texts.signedInWith : texts.signedInHere;
}

/** Gives each session a name of its own: sessions that look alike are numbered. */
function namedApart(
  sessions: readonly SessionSummary[],
  { texts, formatTime }: ViewContext,
): { readonly session: SessionSummary; readonly name: string }[] {
  const named = sessions.map((session) => {
    const { device, place, signedInAt } = session;
    const marks = [device, place, signedInAt && formatTime(signedInAt)];
    return { session, name: marks.filter((mark) => mark !== undefined).join(', ') };
  });
  const alike = Map.groupBy(named, ({ name }) => name);
  return named.map((one) => {
    const group = alike.get(one.name) ?? [];
    if (group.length < 2) return one;
    const number = String(group.indexOf(one) + 1);
    return { ...one, name: fill(texts.numbered, { session: one.name, number }) };
  });
}

/** Makes a button whose label names the session, for people who do not see where on the page the button is. */
function endButton(id: string, name: string, { texts }: ViewContext): Markup {
  return button(id, texts.end, fill(texts.endOf, { session: name }), 'second');
}

function button(value: string, text: string, label: string = text, kind = ''): Markup {
  return html`<button class="action${raw(kind && ` ${kind}`)}" name="${END_FIELD}" value="${value}" aria-label="${label}">${text}</button>`;
}
