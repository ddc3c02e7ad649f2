// Pure: no I/O, no clock.

/** The addresses and names of Kratos. */
export interface KratosConfig {
  /** The URL at which Postern asks Kratos. */
  readonly publicUrl: string;
  /** The URL that Kratos uses for itself. */
  readonly baseUrl: string;
  /** The base URL of Kratos's flows for browsers. With `SELF_SERVICE`, this is Postern itself. */
  readonly browserUrl: string;
  /** The issuer of the sessions in Kratos: the URL that its tokenizer writes into `iss`. */
  readonly issuer: string;
}

/** The settings that say where Kratos is, and what Postern does with it. */
export interface KratosSettings {
  readonly PUBLIC_URL: string;
  readonly ISSUERS: readonly { readonly preset: string; readonly issuer: string }[];
  readonly KRATOS_PUBLIC_URL?: string | undefined;
  readonly KRATOS_BROWSER_URL?: string | undefined;
  readonly KRATOS_ADMIN_URL?: string | undefined;
  readonly SELF_SERVICE: boolean;
  readonly SIGN_IN_ENDS_SESSIONS: boolean;
  readonly SESSION_API_PATH?: string | undefined;
}

/** Reads where Kratos is; `undefined` if there is none. */
export function readKratos(settings: KratosSettings): KratosConfig | undefined {
  const { KRATOS_PUBLIC_URL: publicUrl } = settings;
  if (publicUrl === undefined) return undefined;
  const baseUrl = settings.KRATOS_BROWSER_URL ?? publicUrl;
  const mountUrl = `${settings.PUBLIC_URL}${settings.SESSION_API_PATH ?? ''}`;
  const browserUrl = settings.SELF_SERVICE ? mountUrl : baseUrl;
  const issuer = storeIssuerOf(settings, baseUrl);
  return Object.freeze({ publicUrl, baseUrl, browserUrl, issuer });
}

/**
 * Kratos's tokens and its sessions are of the same people. So the only `kratos` issuer is the issuer of both. Without
 * one, Kratos's base URL is the issuer, with the slash that Kratos writes at its end (`driver/config/config.go`).
 */
function storeIssuerOf({ ISSUERS }: Pick<KratosSettings, 'ISSUERS'>, baseUrl: string): string {
  const [only, ...others] = ISSUERS.filter(({ preset }) => preset === 'kratos');
  return only !== undefined && others.length === 0 ? only.issuer : `${baseUrl}/`;
}

/** Requires a source of sessions: Kratos, an issuer of tokens, or Keycard's API. */
export function missingSource(
  { KRATOS_PUBLIC_URL, KEYCARD_API_URL }: Readonly<Record<string, unknown>>,
  issuers: unknown,
): string[] {
  const hasIssuers = Array.isArray(issuers) ? issuers.length > 0 : issuers !== undefined;
  return KRATOS_PUBLIC_URL !== undefined || KEYCARD_API_URL !== undefined || hasIssuers
    ? []
    : [
        'KRATOS_PUBLIC_URL: expected the URL of Kratos’s public API, or another source of sessions in its place: an issuer in ISSUERS, or KEYCARD_API_URL; got nothing.',
      ];
}

const PROMISES = [
  'KRATOS_BROWSER_URL',
  'KRATOS_ADMIN_URL',
  'SELF_SERVICE',
  'SIGN_IN_ENDS_SESSIONS',
] as const;

/** Reports settings that promise something of Kratos, if there is no Kratos. */
export function promisesWithoutKratos(settings: KratosSettings): string[] {
  if (settings.KRATOS_PUBLIC_URL !== undefined) return [];
  return PROMISES.filter((name) => settings[name] !== undefined && settings[name] !== false).map(
    (name) => `KRATOS_PUBLIC_URL: expected a value, ${name} needs it; got nothing.`,
  );
}
