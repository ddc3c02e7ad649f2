// No I/O, no clock.
import type { Config } from '../src/config/config.ts';
import { type AdmissionOptions, admit } from '../src/http/admit.ts';
import { SiteHosts } from '../src/http/site-hosts.ts';
import { type Rule, Rules } from '../src/rules/rules.ts';

/** The part of `[assets]` that decides which requests are answered with which file. */
export interface AssetSettings {
  /** The binding by which a Worker asks for the files; `undefined`: no Worker can. */
  readonly binding?: string | undefined;
  readonly run_worker_first?: boolean | readonly string[] | undefined;
  readonly html_handling?: string | undefined;
  readonly not_found_handling?: string | undefined;
  readonly base_path?: string | undefined;
}

/** The files in the directory of `[assets]`. */
export interface AssetFiles {
  /** Paths from the directory on, such as `/docs/index.html`. `undefined`: the directory is not there. */
  readonly paths: readonly string[] | undefined;
  /** The text of the file `_redirects`; empty when there is none. */
  readonly redirects: string;
}

/** A segment that is no file of any site. */
const NO_FILE = 'postern-no-such-file';

/**
 * Returns one line for each way in which static assets would be served past the gate, or past the rule that is
 * written for them. The Worker itself sees none of this: `[assets]` is read by the platform alone.
 * Sources: developers.cloudflare.com/workers/static-assets, and workers-sdk `packages/workers-shared`
 * (`router-worker/src/worker.ts`, `asset-worker/src/handler.ts`).
 */
export function findAssetProblems(
  assets: AssetSettings,
  files: AssetFiles,
  config: Config | undefined,
): string[] {
  const problems: string[] = [];
  if (assets.run_worker_first !== true) {
    const got = Array.isArray(assets.run_worker_first) ? 'a list' : 'false or nothing';
    problems.push(
      `assets.run_worker_first: expected exactly true; got ${got}. Otherwise the platform serves a file without the gate. With a list, it does so for each path outside the list.`,
    );
  }
  // Any other name would be an unknown setting, and without one no request reaches the files.
  if (assets.binding !== 'ORIGIN') {
    problems.push(
      `assets.binding: expected "ORIGIN", the site behind the gate; got ${assets.binding === undefined ? 'nothing' : `"${assets.binding}"`}.`,
    );
  }
  if (assets.binding === undefined || config === undefined) return problems;
  return [...problems, ...findSpellingProblems(assets, files, config)];
}

function findSpellingProblems(
  assets: AssetSettings,
  { paths, redirects }: AssetFiles,
  config: Config,
): string[] {
  const html = assets.html_handling ?? 'auto-trailing-slash';
  const notFound = assets.not_found_handling ?? 'none';
  const rewrites = findRewrites(redirects);
  if (html === 'none' && notFound === 'none') return rewrites;
  const base = assets.base_path?.replace(/\/$/, '') ?? '';
  const site = {
    rules: new Rules(config.RULES),
    allowedForms: new Set(config.ALLOWED_PATH_FORMS),
    base,
    hosts: new SiteHosts(config.PUBLIC_URL, config.HOSTS),
  };
  const known = withPagesOfRules(paths ?? [], config, base);
  const missing =
    paths === undefined
      ? [
          'assets.directory: expected a directory; found none. Build the site first, because its files are compared with RULES.',
        ]
      : [];
  return [
    ...missing,
    ...rewrites,
    ...(html === 'none' ? [] : findSplitFiles(known, site, html)),
    ...findOpenFallbacks(notFound, known, config, site),
  ];
}

interface GatedSite extends AdmissionOptions {
  readonly rules: Rules;
  readonly hosts: SiteHosts;
  /** `base_path` without a slash at its end. */
  readonly base: string;
}

/** The files, and the pages that a rule names which are not built yet. */
function withPagesOfRules(paths: readonly string[], { RULES }: Config, base: string): Set<string> {
  const files = new Set(paths);
  const known = new Set(paths.flatMap((path) => spellingsOf(path, files)));
  const pages = RULES.map(({ path }) => path.source)
    .filter((path) => path.startsWith(`${base}/`) && !/[*:]/.test(path) && /\/$|\.html$/.test(path))
    .map((path) => path.slice(base.length))
    .filter((path) => !known.has(path));
  for (const page of pages) files.add(page.replace(/\/$/, '/index.html'));
  return files;
}

/** A rewrite serves one file at another file's path, with any `html_handling`. */
function findRewrites(redirects: string): string[] {
  return redirects.split('\n').flatMap((line, index) => {
    const [from = '', , status] = line.trim().split(/\s+/);
    return from.startsWith('#') || status !== '200'
      ? []
      : [
          `assets: line ${index + 1} of _redirects rewrites (status 200): it serves a file at a path that another rule may open. Use a redirect, or use the file's own path.`,
        ];
  });
}

/** Files of which one spelling is under another rule than the others. */
function findSplitFiles(files: ReadonlySet<string>, site: GatedSite, html: string): string[] {
  const problems = [...files].flatMap((file) => {
    const spellings = spellingsOf(file, files);
    return site.hosts.origins.flatMap((origin) => {
      const byRule = Map.groupBy(spellings, (spelling) => asksOf(ruleOf(spelling, origin, site)));
      if (byRule.size === 1) return [];
      const parts = [...byRule.values()].map(
        (group) =>
          `${group.map((spelling) => `"${site.base}${spelling}"`).join(', ')} under ${describe(ruleOf(group[0] ?? file, origin, site))}`,
      );
      return [
        `RULES: expected one rule, or rules with the same requirements, for all spellings of a file under html_handling "${html}"; got ${parts.join(' and ')}. Give all spellings the same requirements, or set html_handling and not_found_handling to "none".`,
      ];
    });
  });
  return [...new Set(problems)];
}

/**
 * The file's own path, and the other paths at which a handling of HTML serves it: without `.html`, with a slash in
 * its place, and for an index its folder. A path that has a file of its own is that file's.
 */
function spellingsOf(file: string, files: ReadonlySet<string>): string[] {
  if (!file.endsWith('.html')) return [file];
  const stem = file.slice(0, -'.html'.length);
  const folder = stem.endsWith('/index') ? stem.slice(0, -'index'.length) : undefined;
  const others = [stem, ...(files.has(`${stem}/index.html`) ? [] : [`${stem}/`])];
  if (folder !== undefined) {
    const name = folder.slice(0, -1);
    others.unshift(folder);
    if (name !== '' && !files.has(`${name}.html`)) others.push(name);
  }
  return [file, ...others.filter((other) => !files.has(other))];
}

/** Paths without a file at which the platform serves a file whose own path has stricter requirements. */
function findOpenFallbacks(
  notFound: string,
  files: ReadonlySet<string>,
  config: Config,
  site: GatedSite,
): string[] {
  if (notFound === 'none') return [];
  const found = [...pathsWithoutFile(files, config, site)].flatMap((path) => {
    const file = fallbackOf(path, notFound, files);
    if (file === undefined) return [];
    return site.hosts.origins.flatMap((origin) => {
      const [own, other] = [ruleOf(file, origin, site), ruleOf(path, origin, site)];
      if (asksAtLeast(other, own)) return [];
      return [
        `RULES: "${site.base}${file}" is also served at paths without a file, such as "${site.base}${path}", under not_found_handling "${notFound}"; its own path is under ${describe(own)}, the other under ${describe(other)}. Give the file's path the same requirements as the other path, or set not_found_handling to "none".`,
      ];
    });
  });
  return [...new Set(found)];
}

/** At least one path for each rule, for each folder with an error page, and for the default rule. */
function pathsWithoutFile(
  files: ReadonlySet<string>,
  { RULES }: Config,
  { base }: GatedSite,
): ReadonlySet<string> {
  const ofRules = RULES.map(({ path }) =>
    path.source.replace(/\*$/, NO_FILE).replace(/:[A-Za-z_]\w*/g, NO_FILE),
  )
    .filter((path) => path.startsWith(`${base}/`))
    .map((path) => path.slice(base.length));
  const ofFolders = [...files]
    .filter((file) => file.endsWith('/404.html'))
    .map((file) => file.replace(/404\.html$/, NO_FILE));
  const taken = new Set([...files].flatMap((file) => spellingsOf(file, files)));
  return new Set([...ofRules, ...ofFolders, `/${NO_FILE}`].filter((path) => !taken.has(path)));
}

/** The file that is served at a path without one. */
function fallbackOf(
  path: string,
  notFound: string,
  files: ReadonlySet<string>,
): string | undefined {
  if (notFound === 'single-page-application') {
    return files.has('/index.html') ? '/index.html' : undefined;
  }
  for (let end = path.lastIndexOf('/'); end >= 0; end = path.lastIndexOf('/', end - 1)) {
    const page = `${path.slice(0, end)}/404.html`;
    if (files.has(page)) return page;
    if (end === 0) return undefined;
  }
  return undefined;
}

/** The rule of a GET request; `undefined` for a path that gets 400. */
function ruleOf(path: string, origin: string, site: GatedSite): Rule | undefined {
  const url = `${origin}${(site.base + path).split('/').map(encodeURIComponent).join('/')}`;
  const target = admit({ method: 'GET', url, headers: new Headers() }, site);
  return target.ok ? site.rules.match(target.value).rule : undefined;
}

/** The requirements of a rule as text. Two rules with the same text let the same people in. */
function asksOf(rule: Rule | undefined): string {
  if (rule === undefined) return '';
  const { session, aal, authenticatedWithinMs, conditions } = rule;
  return JSON.stringify([
    session === 'required' ? 'required' : 'open',
    aal,
    authenticatedWithinMs,
    conditions.map(({ source }) => source),
  ]);
}

/** Tells whether every request that passes `rule` also passes `other`. */
function asksAtLeast(rule: Rule | undefined, other: Rule | undefined): boolean {
  if (rule === undefined || other?.session !== 'required') return true;
  const sources = rule.conditions.map(({ source }) => source);
  return (
    rule.session === 'required' &&
    (rule.aal ?? 'aal0') >= (other.aal ?? 'aal0') &&
    (rule.authenticatedWithinMs ?? Infinity) <= (other.authenticatedWithinMs ?? Infinity) &&
    other.conditions.every(({ source }) => sources.includes(source))
  );
}

function describe(rule: Rule | undefined): string {
  if (rule === undefined) return 'no rule (answered 400)';
  return `${rule.name} (session = "${rule.session}"${rule.aal === undefined ? '' : `, aal = "${rule.aal}"`})`;
}
