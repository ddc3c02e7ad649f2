// No I/O, no clock.
import type { SessionSummary } from './session-summary.ts';
import { fill } from './texts.ts';
import type { ViewContext } from './view.ts';

/** A session with a name and a label that no other session on the page has. */
export interface NamedSession extends SessionSummary {
  readonly name: string;
  /** The words by which a person knows the session: its name, place and time. */
  readonly label: string;
}

/**
 * Names sessions by their devices. Sessions of one device, place and minute are numbered. A device may call itself what
 * it likes, so the numbered names are compared again.
 */
export function nameApart(
  sessions: readonly SessionSummary[],
  context: ViewContext,
): readonly NamedSession[] {
  const named = sessions.map((session) => {
    const { device: name, place, signedInAt } = session;
    const marks = [name, place, signedInAt && context.formatTime(signedInAt)];
    return { ...session, name, label: marks.filter((mark) => mark !== undefined).join(', ') };
  });
  const alike = Map.groupBy(named, ({ label }) => label);
  if (alike.size === named.length) return named;
  const numbered = named.map((session) => {
    const group = alike.get(session.label) ?? [];
    if (group.length === 1) return session;
    const number = String(group.indexOf(session) + 1);
    return { ...session, device: fill(context.texts.numbered, { session: session.name, number }) };
  });
  return nameApart(numbered, context);
}
