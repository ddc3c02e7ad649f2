import * as v from 'valibot';

const Status = v.pipe(v.number(), v.integer(), v.minValue(200), v.maxValue(599));
const Milliseconds = v.pipe(v.number(), v.integer(), v.minValue(0));
const Seconds = v.pipe(v.number(), v.integer(), v.minValue(0));

/** An answer given instead of the real one. `body` is text as is, or any JSON value; 200 when no status. */
const CannedAnswer = v.strictObject({
  status: v.optional(Status),
  body: v.optional(v.unknown()),
  contentType: v.optional(v.string()),
  headers: v.optional(v.record(v.string(), v.string())),
  location: v.optional(v.string()),
  /** Delay of this answer alone. */
  delayMs: v.optional(Milliseconds),
});

/** A tokenizer template: which key signs, extra claims as a mapper would add them, the token's lifetime. */
const TokenizerTemplate = v.strictObject({
  algorithm: v.optional(v.picklist(['ES256', 'RS256', 'EdDSA']), 'ES256'),
  /** Whether the mapper puts the whole session into a `session` claim. */
  mapsSession: v.optional(v.boolean(), false),
  claims: v.optional(v.record(v.string(), v.unknown())),
  ttlSeconds: v.optional(Seconds),
});

const SettingsSchema = v.strictObject({
  /** Answers `/sessions/whoami` for every method; null answers as Kratos does. */
  whoami: v.nullable(CannedAnswer),
  /** The same for other routes, by exact `METHOD /path`. */
  answers: v.record(v.string(), CannedAnswer),
  /** Delay of every route outside `/.standin/`, before the answer. */
  delayMs: Milliseconds,
  /** The same for one route more, by exact `METHOD /path`. */
  delays: v.record(v.string(), Milliseconds),
  /** Delay of every route except whoami, between the change and the answer. */
  lateAnswerMs: Milliseconds,
  /** The same for one route more, by exact `METHOD /path`. */
  lateAnswers: v.record(v.string(), Milliseconds),
  /** Above zero, bodies are sent one byte at a time with this pause before each. */
  dripMs: Milliseconds,
  /**
   * Kratos without its database: routes that ask whose session it is say 401, readiness 503, the rest 500. So
   * recorded from Kratos b86338da0 with a PostgreSQL that refuses connections.
   */
  databaseFailing: v.boolean(),
  /**
   * Statements on the table of sessions time out: as without a database, but readiness says 200, and what asks for no
   * session goes on. So recorded with a lock on the table and a statement timeout.
   */
  statementsTimeOut: v.boolean(),
  /** The flag `--dev`, without which all cookies are `Secure`. */
  isDev: v.boolean(),
  /** `serve.public.cors.allowed_origins`; none is the whole of it off. */
  corsOrigins: v.array(v.string()),
  /** `feature_flags.cacheable_sessions` with this maximum age; null is the flag off. */
  cacheFor: v.nullable(Seconds),
  /** `session.whoami.required_aal` */
  requiredAal: v.picklist(['aal1', 'highest_available']),
  /** `selfservice.flows.settings.required_aal` */
  settingsRequiredAal: v.picklist(['aal1', 'highest_available']),
  /** Flows after which the hook `revoke_active_sessions` stands. */
  revokesAfter: v.array(v.picklist(['login', 'settings', 'recovery'])),
  /** The hook `verify_new_address`: a changed address takes effect when it is verified. */
  verifiesNewAddress: v.boolean(),
  /** `session.lifespan` */
  sessionLifespanSeconds: Seconds,
  /** `session.earliest_possible_extend`: before this time ahead of the expiry, extend has no effect. */
  earliestPossibleExtendSeconds: v.nullable(Seconds),
  /** `feature_flags.faster_session_extend`: extend answers 204 instead of the session. */
  fasterSessionExtend: v.boolean(),
  /** Number of rows that one `POST /admin/sessions` changes before it reports that there are more. */
  bulkRowsPerCall: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** whoami answers every request with 200 and this body. */
  rawBody: v.nullable(v.string()),
  /** The `Content-Type` of `rawBody`. */
  contentType: v.string(),
  /** whoami answers 200 with a body that never ends. */
  endlessBody: v.boolean(),
  /** `serve.public.base_url`; null takes the PUBLIC_URL variable, or the origin that was called. */
  publicUrl: v.nullable(v.string()),
  /** `selfservice.flows.settings.privileged_session_max_age` */
  privilegedSessionSeconds: Seconds,
  /** `feature_flags.use_continue_with_transitions`: a script's recovery ends in 200 and not in 422, and an app gets its token. */
  usesContinueWithTransitions: v.boolean(),
  /** `session.whoami.tokenizer.templates`, by name. */
  tokenizers: v.record(v.string(), TokenizerTemplate),
});

/** Behaviour of the stand-in; changed by `POST /.standin/control`. */
export type Settings = v.InferOutput<typeof SettingsSchema>;
export type CannedAnswer = v.InferOutput<typeof CannedAnswer>;
export type TokenizerTemplate = v.InferOutput<typeof TokenizerTemplate>;

export const DEFAULT_SETTINGS: Settings = {
  whoami: null,
  answers: {},
  delayMs: 0,
  delays: {},
  lateAnswerMs: 0,
  lateAnswers: {},
  dripMs: 0,
  databaseFailing: false,
  statementsTimeOut: false,
  isDev: true,
  corsOrigins: [],
  cacheFor: null,
  requiredAal: 'highest_available',
  settingsRequiredAal: 'aal1',
  revokesAfter: [],
  verifiesNewAddress: false,
  sessionLifespanSeconds: 86_400,
  earliestPossibleExtendSeconds: null,
  fasterSessionExtend: false,
  bulkRowsPerCall: 5000,
  rawBody: null,
  contentType: 'application/json; charset=utf-8',
  endlessBody: false,
  publicUrl: null,
  privilegedSessionSeconds: 3600,
  usesContinueWithTransitions: true,
  tokenizers: {
    plain: { algorithm: 'ES256', mapsSession: false },
    postern: { algorithm: 'ES256', mapsSession: true, claims: { aud: 'postern' }, ttlSeconds: 600 },
  },
};

/**
 * Settings with the members of `patch` in place of their own, or the sentence that says what is wrong
 * with the patch: a misspelt setting must not pass for a behaviour under test.
 */
export function mergeSettings(settings: Settings, patch: unknown): Settings | string {
  const parsed = v.safeParse(v.partial(SettingsSchema), patch);
  if (!parsed.success) return v.summarize(parsed.issues);
  return { ...settings, ...(parsed.output as Partial<Settings>) };
}
