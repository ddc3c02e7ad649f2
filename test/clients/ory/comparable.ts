/** Makes two visits comparable: random values and hosts get the same text in both. */
import type { People } from './visit.ts';
import type { Step } from './visitor.ts';

/** Random values by their form. The same value gets the same text in one visit, so that relations stay. */
const RANDOM: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['jwt', /eyJ[\w-]+\.[\w-]+\.[\w-]+/g],
  ['token', /ory_(?:st|lo)_\w+/g],
  ['address', /127\.0\.0\.1:\d+/g],
  ['uuid', /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g],
  ['random', /(?<![\w/.:+-])(?=[\w+/-]*[A-Z])[\w+/-]{32,}={0,2}/g],
];
/** Whoami's document passes byte for byte, so the schema stays at Kratos. */
const SCHEMA_URL = /"schema_url":"https?:\/\/[^/"]+/g;
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)/g;

/** A step in which every value that differs between two equal visits is replaced. */
export interface ComparableStep {
  readonly name: string;
  readonly method: string;
  readonly status: number;
  readonly body: unknown;
  /** Names of the cookies that are set. */
  readonly cookies: readonly string[];
}

/** Replaces random values, times, the visitor's addresses, and `hosts` by texts that are the same in every visit. */
export function comparableSteps(
  steps: readonly Step[],
  people: People,
  hosts: readonly string[],
): ComparableStep[] {
  const known = new Map(RANDOM.map(([name]) => [name, new Map<string, string>()]));
  const textOf = (name: string, value: string) => {
    const values = known.get(name) ?? new Map<string, string>();
    const text = values.get(value) ?? `<${name} ${values.size + 1}>`;
    values.set(value, text);
    return text;
  };
  const replace = (text: string) => {
    let replaced = text.replace(SCHEMA_URL, '"schema_url":"').replace(TIME, '<time>');
    for (const host of hosts) replaced = replaced.replaceAll(host, '<host>');
    replaced = replaced.replaceAll(people.newEmail, '<new email>');
    for (const { email } of [people.plain, people.strong]) {
      replaced = replaced
        .replaceAll(email, '<email>')
        .replaceAll(encodeURIComponent(email), '<email>');
    }
    for (const [name, pattern] of RANDOM) {
      replaced = replaced.replace(pattern, (value) => textOf(name, value));
    }
    return replaced;
  };
  return steps.map(({ name, method, status, body, cookies }) => ({
    name,
    method,
    status,
    body: body === undefined ? undefined : JSON.parse(replace(JSON.stringify(body))),
    cookies: cookies.map((line) => replace(line.split('=', 1)[0] ?? '')).sort(),
  }));
}
