// Pure: no I/O, no clock.
import type { PathPattern, Segment } from '../../src/rules/path-pattern.ts';

/** The part of a rule that decides which requests it is for, and the site's other words for "all". */
export interface MatchedRule {
  readonly path: PathPattern;
  /** `undefined`: every host. */
  readonly host?: string | undefined;
  /** `undefined`: every method. */
  readonly methods?: readonly string[] | undefined;
}

/** The requests of a site that its rules see. */
export interface RuleSpace {
  readonly hosts: readonly string[];
  readonly methods: readonly string[];
  /** Whether a path may have empty segments before its last one (`double_slash`). */
  readonly allowsEmptySegments: boolean;
}

/** A request to which a rule applies: no rule before it matches. */
export interface Witness {
  readonly host: string;
  readonly method: string;
  /** The segments of the path, decoded. */
  readonly segments: readonly string[];
}

/**
 * Finds requests to which a rule applies, one for each combination of host, method and form of the path that the rules can tell
 * apart; no request if none exists. The answer is exact, as a pattern has no regular expression. It compares a segment with
 * literals alone, so every name that is no literal of any pattern stands for all the others.
 */
export function* findWitnesses(
  rules: readonly MatchedRule[],
  index: number,
  space: RuleSpace,
): Generator<Witness, void> {
  const rule = rules[index];
  if (rule === undefined) return;
  const earlier = rules.slice(0, index);
  const fresh = freshNames(rules);
  const seen = new Set<string>();
  for (const host of space.hosts) {
    if (rule.host !== undefined && rule.host !== host) continue;
    for (const method of space.methods) {
      if (!hasMethod(rule, method)) continue;
      const others = earlier.filter(
        (each) => (each.host ?? host) === host && hasMethod(each, method),
      );
      // Requests for which the same rules come first have the same paths.
      const key = others.map((each) => earlier.indexOf(each)).join(' ');
      if (seen.has(key)) continue;
      seen.add(key);
      const paths = findPaths(
        rule.path,
        others.map(({ path }) => path),
        { fresh, space },
      );
      for (const segments of paths) yield { host, method, segments };
    }
  }
}

/** Returns the earlier rules that together take every request of a rule away. */
export function coveringRules(
  rules: readonly MatchedRule[],
  index: number,
  space: RuleSpace,
): number[] {
  let covering = rules.slice(0, index).map((_, place) => place);
  const isCovered = (places: readonly number[]) => {
    const chosen = [...places, index].flatMap((place) => rules[place] ?? []);
    return findWitnesses(chosen, chosen.length - 1, space).next().done === true;
  };
  for (const place of [...covering].reverse()) {
    const without = covering.filter((each) => each !== place);
    if (isCovered(without)) covering = without;
  }
  return covering;
}

function hasMethod({ methods }: MatchedRule, method: string): boolean {
  // HEAD reveals the same as GET (`Rules`).
  return (
    methods === undefined ||
    methods.includes(method) ||
    (method === 'HEAD' && methods.includes('GET'))
  );
}

/** Returns names that are no literal of any pattern. */
function freshNames(rules: readonly MatchedRule[]): (place: number) => string {
  const literals = new Set(rules.flatMap(({ path }) => path.segments.flatMap(literalOf)));
  let stem = 'x';
  while ([...literals].some((literal) => literal.startsWith(stem))) stem += 'x';
  return (place) => `${stem}${place}`;
}

function literalOf(segment: Segment): string[] {
  return typeof segment === 'string' ? [] : [segment.literal];
}

interface PathSearch {
  readonly fresh: (place: number) => string;
  readonly space: Pick<RuleSpace, 'allowsEmptySegments'>;
}

/**
 * Finds a path of each length and ending that matches a pattern and none of the others. All paths that are longer than the longest
 * pattern are alike.
 */
function* findPaths(
  pattern: PathPattern,
  others: readonly PathPattern[],
  search: PathSearch,
): Generator<readonly string[], void> {
  const { segments } = pattern;
  const hasRest = segments.at(-1) === 'any-rest';
  const longest = Math.max(segments.length, ...others.map((each) => each.segments.length)) + 1;
  const most = hasRest ? longest : segments.length;
  for (let length = segments.length; length <= most; length += 1) {
    for (const last of namesAt(segments, length - 1, { ...search, length })) {
      const found = new PathFinder(segments, others, { ...search, length, last }).find([], others);
      if (found !== undefined) yield found;
    }
  }
}

/** Searches one path of a given length and last name. */
class PathFinder {
  readonly #segments: readonly Segment[];
  readonly #others: readonly PathPattern[];
  readonly #search: PathSearch & { readonly length: number; readonly last: string };
  /** Places, with the patterns that match up to there, from which no path was found. */
  readonly #dead = new Set<string>();

  constructor(
    segments: readonly Segment[],
    others: readonly PathPattern[],
    search: PathSearch & { readonly length: number; readonly last: string },
  ) {
    this.#segments = segments;
    this.#others = others;
    this.#search = search;
  }

  /** @param alive the other patterns that match the path up to here */
  find(path: readonly string[], alive: readonly PathPattern[]): readonly string[] | undefined {
    const { length, last } = this.#search;
    const place = path.length;
    // A rest that has begun matches whatever follows.
    if (place > 0 && alive.some((each) => each.segments[place - 1] === 'any-rest'))
      return undefined;
    if (place === length) {
      return alive.some((each) => each.segments.length === length) ? undefined : path;
    }
    const key = `${place} ${alive.map((each) => this.#others.indexOf(each)).join(' ')}`;
    if (this.#dead.has(key)) return undefined;
    const names = place === length - 1 ? [last] : namesAt(this.#segments, place, this.#search);
    for (const name of names) {
      const next = alive.filter((each) => matchesAt(each.segments[place], name));
      const found = this.find([...path, name], next);
      if (found !== undefined) return found;
    }
    this.#dead.add(key);
    return undefined;
  }
}

/** Returns the names to try at a place: of all names, the fewest patterns match one that no pattern has as a literal. */
function namesAt(
  segments: readonly Segment[],
  place: number,
  { fresh, space, length }: PathSearch & { readonly length: number },
): readonly string[] {
  const segment = segments[place] ?? 'any-rest';
  const mayBeEmpty = place === length - 1 || space.allowsEmptySegments;
  if (typeof segment !== 'string')
    return segment.literal !== '' || mayBeEmpty ? [segment.literal] : [];
  if (segment === 'any-one' || !mayBeEmpty) return [fresh(place)];
  return [fresh(place), ''];
}

function matchesAt(segment: Segment | undefined, name: string): boolean {
  if (segment === undefined) return false;
  if (segment === 'any-rest') return true;
  return segment === 'any-one' ? name !== '' : segment.literal === name;
}
