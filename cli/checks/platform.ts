// Pure: no I/O, no clock.
import { BINDINGS } from '../../src/config/bindings.ts';
import type { Config } from '../../src/config/config.ts';
import type { Binding, WranglerEnvironment, WranglerFields } from '../wrangler/environment.ts';
import { error, type Finding, warning } from './finding.ts';

const LOG_CLASS = 'RevocationLog';
/** The module of the condition language, which the Worker loads if a rule has `allow`. */

/** The field of a wrangler file that makes each kind of binding. */
const FIELD_OF_KIND: Readonly<Record<(typeof BINDINGS)[keyof typeof BINDINGS], readonly string[]>> =
  {
    'KV namespace': ['kv_namespaces'],
    'Durable Object': ['durable_objects'],
    service: ['services', 'assets'],
    'Analytics Engine dataset': ['analytics_engine_datasets'],
    Hyperdrive: ['hyperdrive'],
  };

/** Checks the parts of a wrangler file that the platform reads, and of which the Worker itself sees nothing. */
export function checkPlatform(
  wrangler: WranglerEnvironment,
  config: Config | undefined,
): Finding[] {
  return [
    ...findBindingProblems(wrangler),
    ...findLogProblems(wrangler.fields),
    ...findModuleProblems(wrangler),
    ...findDatabaseProblems(wrangler),
    ...findOpenAddresses(wrangler),
    ...findMissingParts(wrangler, config),
    ...findLeftBehind(wrangler),
  ];
}

/** Reports the parts of the file that wrangler refuses or ignores. */
export function checkShape({ shapeProblems, fields, env }: WranglerEnvironment): Finding[] {
  const both = fields.route !== undefined && fields.routes !== undefined;
  const found = shapeProblems.map(({ path, text, isIgnored }) => {
    const within = env !== undefined && path[0] === 'env' && path[1] === env ? path.slice(2) : path;
    return (isIgnored ? warning : error)(`${path.join('.')}: ${text}`, within);
  });
  return both
    ? [
        ...found,
        error('route: expected either route or routes; got both. Move it into routes.', ['route']),
      ]
    : found;
}

function findBindingProblems({ bindings, fields }: WranglerEnvironment): Finding[] {
  const kinds: Readonly<Record<string, keyof typeof FIELD_OF_KIND>> = BINDINGS;
  const wrongKinds = bindings.flatMap(({ name, field, path }) => {
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (kind === undefined || FIELD_OF_KIND[kind].includes(field)) return [];
    return [
      error(
        `${name}: expected a binding of the kind ${kind} ([[${FIELD_OF_KIND[kind][0]}]]); got one of ${field}. Bind it there, or give this binding another name.`,
        path,
      ),
    ];
  });
  const inVars = Object.keys(fields.vars ?? {}).filter((name) => Object.hasOwn(kinds, name));
  const variables = inVars
    .filter((name) => !bindings.some((each) => each.name === name))
    .map((name) =>
      error(
        `${name}: expected a binding of the kind ${kinds[name]}; got a variable. Remove the variable, and add the binding.`,
        ['vars', name],
      ),
    );
  return [...wrongKinds, ...variables, ...findSharedNames(bindings, fields)];
}

/** Reports a name that two bindings have, or a binding and a variable. wrangler refuses it. */
function findSharedNames(bindings: readonly Binding[], { vars = {} }: WranglerFields): Finding[] {
  const all = [
    ...Object.keys(vars).map((name) => ({ name, field: 'vars', path: ['vars', name] })),
    ...bindings,
  ];
  return all.flatMap(({ name, field, path }, index) => {
    const first = all.findIndex((each) => each.name === name);
    return first === index
      ? []
      : [
          error(
            `${name}: expected one binding or variable of this name; got it in ${all[first]?.field} and in ${field}. Give one of them another name.`,
            path,
          ),
        ];
  });
}

/** Follows the migrations: the class of the log has to exist, with SQLite storage, when the Worker starts. */
function findLogProblems({
  durable_objects: objects,
  migrations = [],
  exports,
}: WranglerFields): Finding[] {
  const index = (objects?.bindings ?? []).findIndex(({ name }) => name === 'REVOCATIONS');
  const log = objects?.bindings?.[index];
  if (log === undefined) return [];
  const path = ['durable_objects', 'bindings', index, 'class_name'];
  if (log.script_name !== undefined) return [];
  if (log.class_name !== LOG_CLASS) {
    return [
      error(
        `REVOCATIONS: expected class_name = "${LOG_CLASS}", the only class of this Worker; got ${JSON.stringify(log.class_name)}. Did you mean "${LOG_CLASS}"?`,
        path,
      ),
    ];
  }
  if (exports?.[LOG_CLASS] !== undefined) return [];
  const classes = new Map<string, 'sqlite' | 'key-value'>();
  for (const step of migrations) {
    for (const name of step.new_classes ?? []) classes.set(name, 'key-value');
    for (const name of step.new_sqlite_classes ?? []) classes.set(name, 'sqlite');
    for (const { from, to } of step.renamed_classes ?? []) {
      classes.set(to, classes.get(from) ?? 'sqlite');
      classes.delete(from);
    }
    for (const { to } of step.transferred_classes ?? []) classes.set(to, 'sqlite');
    for (const name of step.deleted_classes ?? []) classes.delete(name);
  }
  const storage = classes.get(LOG_CLASS);
  if (storage === 'sqlite') return [];
  const got =
    storage === 'key-value'
      ? 'new_classes, whose storage has no SQL'
      : migrations.length === 0
        ? 'no migrations'
        : 'migrations that leave no such class';
  return [
    error(
      `migrations: expected [[migrations]] with new_sqlite_classes = ["${LOG_CLASS}"], because REVOCATIONS is bound to that class; got ${got}.`,
      ['migrations'],
    ),
  ];
}

/** With `no_bundle`, wrangler uploads the modules that `rules` name, and no others. */
function findModuleProblems({
  fields: { no_bundle: isUnbundled, rules = [] },
}: WranglerEnvironment): Finding[] {
  const globs = rules.flatMap((rule) => (rule.type === 'ESModule' ? rule.globs : []));
  const takesAll = globs.some((glob) => matchesGlob(glob, 'any-module.js'));
  if (isUnbundled !== true || takesAll) return [];
  const got = globs.length === 0 ? 'no such rule' : JSON.stringify(globs);
  return [
    error(
      `rules: expected { type = "ESModule", globs = ["*.js"] }, because no_bundle is true and the Worker has several modules; got ${got}. Without them it does not start, or fails where it needs one.`,
      ['rules'],
    ),
  ];
}

/** From this compatibility date on, the platform has the modules of Node that the PostgreSQL driver uses. */
const NODE_SINCE = '2026-08-04';

function findDatabaseProblems({ fields, bindings }: WranglerEnvironment): Finding[] {
  const { compatibility_date: date = '', compatibility_flags: flags = [] } = fields;
  const isBound = bindings.some(({ name }) => name === 'KRATOS_DB');
  const hasNode =
    flags.includes('nodejs_compat') || (date >= NODE_SINCE && !flags.includes('no_nodejs_compat'));
  return !isBound || hasNode
    ? []
    : [
        error(
          `compatibility_date: expected ${NODE_SINCE} or later, or the flag nodejs_compat, because KRATOS_DB is bound; got ${JSON.stringify(date)}. Without it the log cannot read Kratos's database.`,
          ['compatibility_date'],
        ),
      ];
}

function matchesGlob(glob: string, module: string): boolean {
  const pattern = glob
    .replace(/^(?:\.\/|\*\*\/)/, '')
    .replace(/[.+^$()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replace(/\{([^}]*)\}/g, (_, choices: string) => `(?:${choices.replaceAll(',', '|')})`)
    .replaceAll('?', '.');
  return new RegExp(`^${pattern}$`).test(module);
}

/** Addresses besides the site's own at which clients can reach the gate. */
function findOpenAddresses({ fields }: WranglerEnvironment): Finding[] {
  const found: Finding[] = [];
  if (fields.workers_dev !== false) {
    found.push(
      warning(
        'workers_dev is not false: clients can also reach the gate on workers.dev. Set workers_dev = false.',
        ['workers_dev'],
      ),
    );
  }
  if (fields.preview_urls !== false) {
    found.push(
      warning(
        'preview_urls is not false: clients can reach old versions of the gate. Set preview_urls = false.',
        ['preview_urls'],
      ),
    );
  }
  return found;
}

function findMissingParts(
  { bindings }: WranglerEnvironment,
  config: Config | undefined,
): Finding[] {
  const isBound = (wanted: string) => bindings.some(({ name }) => name === wanted);
  const found: Finding[] = [];
  if (config?.KRATOS !== undefined && !isBound('SESSIONS')) {
    found.push(
      warning(
        'there is no KV namespace SESSIONS: isolates do not share cached sessions. Bind one if they should.',
        ['kv_namespaces'],
      ),
    );
  }
  if (config?.REVOCATION === 'off') {
    found.push(
      warning(
        'REVOCATION is "off": a revoked session is served until its cached answer is stale. Set REVOCATION to "log" to end it within seconds.',
      ),
    );
  }
  return found;
}

/** An environment does not inherit variables and bindings. Those of the top level that it lacks are easily forgotten. */
function findLeftBehind({ env, top, environment, bindings }: WranglerEnvironment): Finding[] {
  if (env === undefined || bindings.length > 0 || Object.keys(environment).length > 0) return [];
  const left = ['vars', 'kv_namespaces', 'durable_objects'].filter((name) => name in top);
  return left.length === 0
    ? []
    : [
        warning(
          `[env.${env}] has no variables and no bindings, and inherits none: ${left.join(', ')} of the top level are not for it. Repeat them below [env.${env}].`,
          [left[0] ?? 'vars'],
        ),
      ];
}
