// No I/O, no clock.

/** A rule of `RULES`, and remarks on it. */
export interface MovedRule {
  readonly remarks: readonly string[];
  readonly path: string;
  readonly host?: string | undefined;
  readonly methods?: readonly string[] | undefined;
  readonly session: 'none' | 'optional' | 'required';
  readonly scopes?: readonly string[] | undefined;
  readonly allow?: string | undefined;
  /** The rule would open more than the neighbour does, so it is written as a comment. */
  readonly isProposal?: boolean;
}

/** The configuration of a neighbour in Postern's terms. */
export interface MovedSite {
  readonly publicUrl: string | undefined;
  readonly hosts: readonly string[];
  readonly kratosUrl: string | undefined;
  readonly originUrl: string | undefined;
  readonly cookieNames: readonly string[];
  readonly loginUrl: string | undefined;
  readonly identityHeaders: Readonly<Record<string, string>>;
  readonly rules: readonly MovedRule[];
  /** One for each thing that Postern does otherwise or lacks. */
  readonly remarks: readonly string[];
}

/** Values that the command line gives. */
export interface Given {
  readonly publicUrl?: string | undefined;
  readonly kratosUrl?: string | undefined;
  readonly originUrl?: string | undefined;
}

/** A condition that no session meets. */
export const NOBODY = 'false';

const PLACEHOLDERS = {
  PUBLIC_URL: 'https://app.example.com',
  KRATOS_PUBLIC_URL: 'https://auth.example.com',
  ORIGIN_URL: 'https://origin.example.com',
};
const WIDTH = 110;

/**
 * Returns a whole wrangler.toml.
 *
 * @param head the part before `[vars]`, which says how the Worker is built
 */
export function writeWranglerToml(site: MovedSite, head: string): string {
  const urls = {
    PUBLIC_URL: site.publicUrl,
    KRATOS_PUBLIC_URL: site.kratosUrl,
    ORIGIN_URL: site.originUrl,
  };
  const vars = [
    '[vars]',
    ...Object.entries(urls).flatMap(([name, url]) => urlLines(name as keyof typeof urls, url)), // its own keys
    ...(site.hosts.length > 0 ? [`HOSTS = ${value(site.hosts)}`] : []),
    ...(site.loginUrl === undefined ? [] : [`LOGIN_URL = ${value(site.loginUrl)}`]),
    ...(site.cookieNames.length > 0 ? [`SESSION_COOKIE_NAMES = ${value(site.cookieNames)}`] : []),
  ];
  const headers = Object.entries(site.identityHeaders);
  const identity =
    headers.length === 0
      ? []
      : [
          '',
          '[vars.IDENTITY_HEADERS]',
          ...headers.map(([name, place]) => `${name} = ${value(place)}`),
        ];
  return [
    head.trimEnd(),
    '',
    ...site.remarks.flatMap((remark) => [...comment(`Not moved: ${remark}`), '']),
    ...vars,
    ...identity,
    ...site.rules.flatMap((rule) => ['', ...ruleLines(rule)]),
    '',
  ].join('\n');
}

/** Returns the settings that still have a placeholder, which check-config refuses. */
export function missingUrls({ publicUrl, kratosUrl, originUrl }: MovedSite): string[] {
  const missing = { '--public': publicUrl, '--kratos': kratosUrl, '--origin': originUrl };
  return Object.entries(missing).flatMap(([name, url]) => (url === undefined ? [name] : []));
}

function urlLines(name: keyof typeof PLACEHOLDERS, url: string | undefined): string[] {
  if (url !== undefined) return [`${name} = ${value(url)}`];
  return [`# To do: the value is a placeholder, which check-config refuses.`].concat(
    `${name} = ${value(PLACEHOLDERS[name])}`,
  );
}

function ruleLines({ remarks, isProposal = false, ...rule }: MovedRule): string[] {
  const members = Object.entries(rule).filter(([, member]) => member !== undefined);
  const lines = [
    '[[vars.RULES]]',
    ...members.map(([name, member]) => `${name} = ${value(member)}`),
  ];
  return [
    ...remarks.flatMap((remark) => comment(remark)),
    ...(isProposal ? lines.map((line) => `# ${line}`) : lines),
  ];
}

/** JSON's strings and lists are TOML's too; an apostrophe quotes what has quotation marks. */
function value(of: unknown): string {
  if (typeof of === 'string' && of.includes('"') && !/['\n]/.test(of)) return `'${of}'`;
  return Array.isArray(of) ? `[${of.map(value).join(', ')}]` : JSON.stringify(of);
}

function comment(text: string): string[] {
  const line = text.replace(/[\p{Cc}\s]+/gu, ' '); // a value of the neighbour could end the comment
  return (line.match(new RegExp(`\\S.{0,${WIDTH}}(?=\\s|$)|\\S+`, 'g')) ?? []).map(
    (each) => `# ${each}`,
  );
}
