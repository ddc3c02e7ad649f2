/** Mistakes in a `wrangler.toml`: changes of the good file, and the finding that check-config has to make of each. */

/** A change of the good file. */
export type Edit = (text: string) => string;

export interface Mistake {
  readonly edit: Edit;
  readonly severity: 'error' | 'warning';
  /** The finding: what was wrong, and the remedy. */
  readonly finding: RegExp;
  /** Part of the line that the finding names. */
  readonly at: string;
}

/** Adds lines to `[vars]`. */
export const vars =
  (...lines: readonly string[]): Edit =>
  (text) =>
    text.replace('[vars]', () => ['[vars]', ...lines].join('\n'));

/** Adds lines at the top of the file. */
export const top =
  (...lines: readonly string[]): Edit =>
  (text) =>
    `${lines.join('\n')}\n${text}`;

/** Adds tables before `[vars]`. */
export const tables =
  (...lines: readonly string[]): Edit =>
  (text) =>
    text.replace('[vars]', () => [...lines, '[vars]'].join('\n'));

/** Adds rules behind that of the file, `/public/*`. */
export const rules =
  (...added: readonly string[]): Edit =>
  (text) =>
    `${text}\n${added.map((lines) => `[[vars.RULES]]\n${lines}\n`).join('\n')}`;

export const swap =
  (from: string | RegExp, to: string): Edit =>
  (text) => {
    const changed = text.replace(from, () => to);
    if (changed === text) throw new Error(`nothing to change: ${from}`);
    return changed;
  };

export const both =
  (...edits: readonly Edit[]): Edit =>
  (text) =>
    edits.reduce((changed, edit) => edit(changed), text);

export const header = (line: string) =>
  swap('[vars.IDENTITY_HEADERS]', `[vars.IDENTITY_HEADERS]\n${line}`);
export const GATED = 'session = "required"';
export const allow = (condition: string) => rules(`path = "/a"\n${GATED}\nallow = '${condition}'`);
export const ISSUER = {
  issuer: '"https://auth.site.test/"',
  preset: '"kratos"',
  audience: '"postern"',
  algorithms: '["ES256"]',
  jwks_url: '"https://auth.site.test/jwks.json"',
  required_claims: '["session"]',
};
export const issuer = (change: Readonly<Record<string, string | undefined>>): Edit => {
  const lines = Object.entries({ ...ISSUER, ...change }).flatMap(([name, value]) =>
    value === undefined ? [] : `${name} = ${value}`,
  );
  return (text) => `${text}\n[[vars.ISSUERS]]\n${lines.join('\n')}\n`;
};
/** Adds the origin `api` with these lines. */
export const origin =
  (...lines: readonly string[]): Edit =>
  (text) =>
    `${text}\n[vars.ORIGINS.api]\n${lines.join('\n')}\n`;
export const ORIGIN_IS_PUBLIC = swap('https://origin.site.test', 'https://app.site.test');
export const KRATOS_IS_PUBLIC = swap('"https://auth.site.test"', '"https://app.site.test"');
export const SECRET = '"correct-horse-battery-staple-0123456789"';
export const TAG = '0123456789abcdef'.repeat(4);

export const error = (at: string, edit: Edit, finding: RegExp): Mistake => ({
  at,
  edit,
  severity: 'error',
  finding,
});
export const warning = (at: string, edit: Edit, finding: RegExp): Mistake => ({
  at,
  edit,
  severity: 'warning',
  finding,
});
