// Pure: no I/O, no clock.
import { html } from 'hono/html';
import { LANGUAGES } from '../../pages/language.ts';
import { layOut } from '../../pages/layout.ts';
import type { Appearance, PageInit } from '../../pages/page-models.ts';
import { ENGLISH } from '../../pages/texts.ts';
import type { Markup, View } from '../../pages/view.ts';
import type { LogStatus } from '../../revocation/log-protocol.ts';
import {
  addUp,
  byLocation,
  type IsolateGroup,
  lookUpsOf,
  type ShownIsolate,
  savedCalls,
} from './isolates.ts';

export const STATUS_PATH = '/.postern/status';
export const SECRET_FIELD = 'secret';

/** Makes the form that asks for the admin secret. */
export function secretView(isRefused: boolean): View {
  const main = html`${isRefused ? html`<p class="note" role="alert">That is none of this site’s admin secrets.</p>` : ''}
<p>This page shows how the gate works: where answers come from, how late revocations are, and how often cached answers were wrong. It is for operators.</p>
<form method="post" action="${STATUS_PATH}">
<p><label for="secret">Admin secret</label>
<input id="secret" name="${SECRET_FIELD}" type="password" autocomplete="current-password" required></p>
<div class="actions"><button class="action">Show the status</button></div>
</form>`;
  return { title: 'Status', main, hasForm: true };
}

/** Renders a page for operators, in English. */
export function operatorPage(
  view: View,
  appearance: Appearance,
  init: PageInit,
): Promise<Response> {
  return layOut(view, { appearance, language: LANGUAGES.en, texts: ENGLISH, init });
}

export interface StatusPage {
  /** `undefined`: the log was asked, and gave no answer. `'off'`: there is none. */
  readonly log: Pick<LogStatus, 'marks' | 'watermark'> | 'off' | undefined;
  readonly isolates: readonly ShownIsolate[];
  /** Whether the log keeps no more isolates than these. */
  readonly isFull: boolean;
  readonly lagMs: number;
}

const SHOWN_ISOLATES = 100;

/** Makes the page with the figures. */
export function statusView(shown: StatusPage): View {
  const { isolates, isFull } = shown;
  const all = addUp(isolates);
  const newest = [...isolates].sort((a, b) => a.sentMsAgo - b.sentMsAgo).slice(0, SHOWN_ISOLATES);
  const main = html`${sourceOf(shown)}
<h2>Revocation</h2>
${revocation(shown, all)}
<h2>Where sessions came from</h2>
${tiers(all)}
<h2>Cached answers, compared with the store</h2>
${comparisons(all)}
<h2>By location</h2>
${groups(
  'Location',
  byLocation(isolates).map(
    ([name, group]) => [`${nameOf(name)} (${group.isolates})`, group] as const,
  ),
)}
<h2>By isolate</h2>
${isFull ? html`<p>There are more isolates than the log keeps. All sums are of the ${number(isolates.length)} that read it last.</p>` : ''}
${isolates.length > newest.length ? html`<p>The ${number(newest.length)} that read the log last.</p>` : ''}
${groups(
  'Isolate',
  newest.map((one) => [`${nameOf(one.location)} ${one.name}`, { ...one, isolates: 1 }] as const),
)}`;
  return { title: 'Status', main, isWide: true };
}

function sourceOf({ log, isolates }: StatusPage): Markup {
  if (log === 'off')
    return html`<p>There is no revocation log, and so no figures of other isolates. These are of the isolate that answered, since it began.</p>`;
  if (log === undefined)
    return html`<p role="alert">The revocation log did not answer. These are the figures of the isolate that answered, since it began.</p>`;
  return html`<p>An isolate is one copy of the gate, in one data centre. Each has counted since it began, and sends its sums with a read of the revocation log, every ten seconds while it has requests.
These are the last sums of ${number(isolates.length)} ${isolates.length === 1 ? 'isolate' : 'isolates'}. An isolate that was silent for ten minutes is left out.</p>`;
}

function revocation({ log, lagMs }: StatusPage, { counts }: IsolateGroup): Markup {
  const known = typeof log === 'object' ? log : undefined;
  const rows: [string, string][] = [
    ['Longest lag allowed', Number.isFinite(lagMs) ? seconds(lagMs) : 'no log'],
    [
      'Longest lag measured, from a revocation to its first refusal in an isolate',
      counts.marksUsed === 0 ? 'none yet' : seconds(counts.longestLagMs),
    ],
    ['Revocations that were measured', number(counts.marksUsed)],
    ['Marks in the log', known === undefined ? 'not known' : number(known.marks)],
    [
      'Age of the watermark, up to which changes made in the store directly are known',
      known?.watermark === undefined ? 'no outbox is read' : seconds(known.watermark.ageMs),
    ],
    ...(known?.watermark === undefined
      ? []
      : ([
          ['The outbox has been read without a gap for', seconds(known.watermark.unbrokenForMs)],
        ] as [string, string][])),
  ];
  return facts(rows);
}

function tiers({ counts }: IsolateGroup): Markup {
  const lookUps = lookUpsOf(counts);
  const share = (count: number) => `${number(count)} (${percent(count, lookUps)})`;
  return facts([
    ['Memory of the isolate', share(counts.memory)],
    ['Cache of the location', share(counts.location)],
    ['KV', share(counts.kv)],
    ['Session store', share(counts.store)],
    ['Calls to the store, those behind an answer too', number(counts.storeCalls)],
    ['Calls to the store that were saved', share(savedCalls(counts))],
    ['Tokens that were verified without a call', number(counts.signature)],
    ['Requests without a session or an answer', number(counts.none)],
  ]);
}

function comparisons({ counts }: IsolateGroup): Markup {
  const { same, changed, refused, overdue } = counts;
  const compared = same + changed + refused;
  const share = (count: number) =>
    compared === 0 ? '0' : `${number(count)} (${percent(count, compared)})`;
  return facts([
    ['Compared', number(compared)],
    ['The same', share(same)],
    ['Changed in the store', share(changed)],
    ['Should have been refused', share(refused)],
    ['Wrong for longer than promised', share(overdue)],
  ]);
}

function facts(rows: readonly (readonly [string, string])[]): Markup {
  return html`<table>
<tbody>${rows.map(
    ([name, value]) => html`
<tr><th scope="row">${name}</th><td>${value}</td></tr>`,
  )}
</tbody>
</table>`;
}

function groups(what: string, rows: readonly (readonly [string, IsolateGroup])[]): Markup {
  if (rows.length === 0) return html`<p>None.</p>`;
  return html`<div class="scrolled" role="region" aria-label="${`By ${what.toLowerCase()}`}" tabindex="0">
<table>
<thead><tr><th scope="col">${what}</th><th scope="col">Look-ups</th><th scope="col">Cached</th><th scope="col">Store calls</th><th scope="col">Longest lag</th><th scope="col">Wrong too long</th><th scope="col">Began</th><th scope="col">Last sums</th></tr></thead>
<tbody>${rows.map(
    ([name, group]) => html`
<tr><th scope="row">${name}</th>${cellsOf(group).map((cell) => html`<td>${cell}</td>`)}</tr>`,
  )}
</tbody>
</table>
</div>`;
}

function cellsOf({ counts, ageMs, sentMsAgo }: IsolateGroup): string[] {
  const lookUps = lookUpsOf(counts);
  return [
    number(lookUps),
    percent(lookUps - counts.store, lookUps),
    number(counts.storeCalls),
    counts.marksUsed === 0 ? '–' : seconds(counts.longestLagMs),
    number(counts.overdue),
    ago(ageMs + sentMsAgo),
    ago(sentMsAgo),
  ];
}

/** The platform's name of a data centre. */
function nameOf(location: string): string {
  return location === '-' ? 'unknown' : location;
}

function number(value: number): string {
  return value.toLocaleString('en');
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toLocaleString('en', { maximumFractionDigits: 1 })} s`;
}

function ago(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  return minutes < 2 ? `${Math.floor(ms / 1000)} s ago` : `${number(minutes)} min ago`;
}
