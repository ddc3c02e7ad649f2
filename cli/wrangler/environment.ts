/** Reads the part of a wrangler file that decides what a deployment gives to the Worker. Agrees with wrangler's own reader. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { failed, type Result, success } from '../../src/runtime/result.ts';
import { didYouMean } from '../spelling.ts';
import {
  type Path,
  type Position,
  type PositionedDocument,
  parseJsonc,
  parseToml,
} from './positioned-document.ts';
import { findShapeProblems, type ShapeProblem } from './schema.ts';

/** A wrangler file, and one environment in it. */
export interface WranglerFile {
  readonly config: string;
  readonly env?: string | undefined;
}

/** A binding that the Worker gets, and the field of the wrangler file that makes it. */
export interface Binding {
  readonly name: string;
  /** Such as `kv_namespaces`. */
  readonly field: string;
  /** The place of the name within the environment. */
  readonly path: Path;
}

interface CustomRoute {
  readonly pattern: string;
  readonly custom_domain?: boolean;
}

/** The fields of an environment that the checks read, as the schema of wrangler proved them. */
export interface WranglerFields {
  readonly name?: string;
  readonly main?: string;
  readonly compatibility_date?: string;
  readonly compatibility_flags?: readonly string[];
  readonly build?: { readonly command?: string };
  readonly no_bundle?: boolean;
  readonly rules?: readonly { readonly type: string; readonly globs: readonly string[] }[];
  readonly workers_dev?: boolean;
  readonly preview_urls?: boolean;
  readonly route?: string | CustomRoute;
  readonly routes?: readonly (string | CustomRoute)[];
  readonly assets?: {
    readonly directory?: string;
    readonly binding?: string;
    readonly run_worker_first?: boolean | readonly string[];
    readonly html_handling?: string;
    readonly not_found_handling?: string;
    readonly base_path?: string;
  };
  readonly durable_objects?: {
    readonly bindings?: readonly {
      readonly name: string;
      readonly class_name: string;
      readonly script_name?: string;
    }[];
  };
  readonly migrations?: readonly {
    readonly new_classes?: readonly string[];
    readonly new_sqlite_classes?: readonly string[];
    readonly deleted_classes?: readonly string[];
    readonly renamed_classes?: readonly { readonly from: string; readonly to: string }[];
    readonly transferred_classes?: readonly { readonly to: string }[];
  }[];
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly vars?: Readonly<Record<string, unknown>>;
  readonly secrets?: { readonly required?: readonly string[] };
  readonly site?: object;
}

/** The environment that a deployment of a wrangler file gives to the Worker, without the values of secrets. */
export interface WranglerEnvironment {
  readonly config: string;
  /** The named environment; `undefined` for the top level. */
  readonly env: string | undefined;
  readonly fields: WranglerFields;
  /** All fields of the file's top level, inherited or not. */
  readonly top: Readonly<Record<string, unknown>>;
  readonly bindings: readonly Binding[];
  /** Parts of the file that wrangler refuses or ignores. If wrangler refuses one, the other members may be wrong. */
  readonly shapeProblems: readonly ShapeProblem[];
  /** Variables, and an empty object for each binding. */
  readonly environment: Readonly<Record<string, unknown>>;
  /** Returns the position of a field's part, such as `["vars", "RULES", 0]`, in the file. */
  positionOf(path: Path): Position | undefined;
}

/**
 * Fields that an environment does not inherit from the top level (wrangler: `notInheritable`). It inherits all others.
 */
export const NOT_INHERITED: ReadonlySet<string> = new Set([
  'agent_memory',
  'ai',
  'ai_search',
  'ai_search_namespaces',
  'analytics',
  'analytics_engine_datasets',
  'artifacts',
  'browser',
  'cloudchamber',
  'connect',
  'containers',
  'd1_databases',
  'define',
  'dispatch_namespaces',
  'durable_objects',
  'flagship',
  'hyperdrive',
  'images',
  'k2',
  'kv_namespaces',
  'media',
  'mtls_certificates',
  'pipelines',
  'queues',
  'r2_buckets',
  'ratelimits',
  'secrets',
  'secrets_store_secrets',
  'send_email',
  'services',
  'stream',
  'streaming_tail_consumers',
  'tail_consumers',
  'unsafe',
  'unsafe_hello_world',
  'vars',
  'vectorize',
  'version_metadata',
  'vpc_networks',
  'vpc_services',
  'worker_loaders',
  'workflows',
]);

/** Fields that every environment gets from the top level and cannot change. */
const ONLY_AT_TOP = ['site', 'wasm_modules', 'text_blobs', 'data_blobs'];
/** Fields of which each name is a binding. */
const NAMED_FILES = ['wasm_modules', 'text_blobs', 'data_blobs'];
/** Fields whose entries call the binding `name`. */
const BY_NAME: ReadonlySet<string> = new Set([
  'durable_objects',
  'logfwdr',
  'ratelimits',
  'send_email',
  'unsafe',
]);

/**
 * Reads one environment of a wrangler file: TOML, or JSON with comments.
 *
 * @returns the environment, or three lines: the problem with its place, what was expected, and what to do
 */
export function readWranglerEnvironment({
  config,
  env = process.env.CLOUDFLARE_ENV, // as wrangler does
}: WranglerFile): Result<WranglerEnvironment, readonly string[]> {
  if (!existsSync(config) || !statSync(config).isFile()) {
    return failed([
      `${config}: there is no such file.`,
      "Expected the gate's wrangler.toml, wrangler.json or wrangler.jsonc.",
      `Give its path with --config, from ${process.cwd()} on.`,
    ]);
  }
  if (!/\.(?:toml|jsonc?)$/.test(config)) {
    return failed([
      `${config}: wrangler reads no file of this name.`,
      'Expected a name that ends with .toml, .json or .jsonc.',
      'Rename the file, or give another one with --config.',
    ]);
  }
  const text = readFileSync(config, 'utf8').replace(/^\uFEFF/, ''); // a byte order mark, as wrangler does
  const isJson = !config.endsWith('.toml');
  const parsed = isJson ? parseJsonc(text) : parseToml(text);
  if (!parsed.ok) {
    const { position, problem } = parsed.failure;
    return failed([
      `${config}:${position.line}:${position.column}: ${problem}`,
      isJson
        ? 'Expected JSON: names and texts in double quotes, and comments.'
        : 'Expected TOML (toml.io): NAME = "text", [table] or [[list]], each on a line of its own.',
      'Look at this line and at the end of the line before: a quote, a bracket or a comma may be missing.',
    ]);
  }
  const { value } = parsed.value;
  const defined = Object.keys(isTable(value.env) ? value.env : {});
  if (env !== undefined && env !== '' && !defined.includes(env)) {
    const names = defined.length === 0 ? 'none' : defined.map((name) => `"${name}"`).join(', ');
    return failed([
      `${config}: there is no [env.${env}].`,
      `Expected an environment of this file: ${names}.${didYouMean(env, defined)}`,
      'Check the spelling of --env, or of the variable CLOUDFLARE_ENV.',
    ]);
  }
  return success(select(config, env === '' ? undefined : env, parsed.value));
}

function select(
  config: string,
  env: string | undefined,
  { value: top, positionOf }: PositionedDocument,
): WranglerEnvironment {
  const named = env === undefined ? undefined : memberOf(top.env, env);
  const own = isTable(named) ? named : {};
  const inherited = Object.entries(top).filter(
    ([name]) => env === undefined || !NOT_INHERITED.has(name),
  );
  const atTop = ONLY_AT_TOP.filter((name) => name in top).map((name) => [name, top[name]]);
  const fields: Readonly<Record<string, unknown>> = {
    ...Object.fromEntries(inherited),
    ...own,
    ...Object.fromEntries(atTop),
  };
  const isOwn = (name: string) => env !== undefined && Object.hasOwn(own, name);
  const bindings = findBindings(fields);
  return {
    config,
    env,
    top,
    fields: fields as WranglerFields, // shapeProblems has each part of another shape
    bindings,
    shapeProblems: findShapeProblems(top, env),
    environment: {
      ...(isTable(fields.vars) ? fields.vars : {}),
      ...Object.fromEntries(bindings.map(({ name }) => [name, {}])),
    },
    positionOf([field = '', ...rest]) {
      const isFromTop = env === undefined || !NOT_INHERITED.has(String(field));
      const place = isOwn(String(field)) ? ['env', env ?? '', field, ...rest] : [field, ...rest];
      const position = isOwn(String(field)) || isFromTop ? positionOf(place) : undefined;
      return position ?? (env === undefined ? undefined : positionOf(['env', env]));
    },
  };
}

/** Finds the bindings of every kind, also of kinds that wrangler may add: every `binding` of a field or of its entries. */
function findBindings(fields: Readonly<Record<string, unknown>>): Binding[] {
  const found = Object.entries(fields).flatMap(([field, value]) => {
    if (field === 'vars' || field === 'env') return [];
    const member = BY_NAME.has(field) ? 'name' : 'binding';
    if (NAMED_FILES.includes(field) && isTable(value)) {
      return Object.keys(value).map((name) => ({ name, field, path: [field, name] }));
    }
    return bindingsIn(value, { field, member }, [field]);
  });
  if (fields.site === undefined) return found;
  return [...found, { name: '__STATIC_CONTENT', field: 'site', path: ['site'] }];
}

function bindingsIn(
  value: unknown,
  kind: { readonly field: string; readonly member: string },
  path: Path,
): Binding[] {
  if (Array.isArray(value)) {
    return value.flatMap((each, index) => bindingsIn(each, kind, [...path, index]));
  }
  if (!isTable(value)) return [];
  const { [kind.member]: name } = value;
  if (typeof name === 'string') {
    return [{ name, field: kind.field, path: [...path, kind.member] }];
  }
  if (path.length > 1) return [];
  // durable_objects.bindings, queues.producers, unsafe.bindings, logfwdr.bindings
  return ['bindings', 'producers'].flatMap((list) =>
    bindingsIn(value[list], kind, [...path, list]),
  );
}

function memberOf(value: unknown, name: string): unknown {
  return isTable(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
