/** Bindings, migrations, modules, assets, and the rest of the file. */
import { both, error, type Mistake, swap, tables, top, vars, warning } from './mistake.ts';

/** Binds Kratos's database. */
const DATABASE = tables('[[hyperdrive]]', 'binding = "KRATOS_DB"', 'id = "0a1b2c"');

export const FILE_MISTAKES: Readonly<Record<string, Mistake>> = {
  'a misspelt service binding': error(
    'binding = "ORIGIM"',
    tables('[[services]]', 'binding = "ORIGIM"', 'service = "site"'),
    /ORIGIM: .*Did you mean "ORIGIN/,
  ),
  'a KV binding by another kind': error(
    'name = "SESSIONS"',
    both(
      swap(/\[\[kv_namespaces\]\]\nbinding = "SESSIONS"/, ''),
      tables('[[durable_objects.bindings]]', 'name = "SESSIONS"', 'class_name = "RevocationLog"'),
    ),
    /SESSIONS: expected a binding of the kind KV namespace/,
  ),
  'the log as a KV binding': error(
    'binding = "REVOCATIONS"',
    both(
      swap(
        /\[\[durable_objects\.bindings\]\]\nname = "REVOCATIONS"\nclass_name = "RevocationLog"/,
        '',
      ),
      tables('[[kv_namespaces]]', 'binding = "REVOCATIONS"'),
    ),
    /REVOCATIONS: expected a binding of the kind Durable Object/,
  ),
  'a binding as a variable': error(
    'METRICS',
    vars('METRICS = "yes"'),
    /METRICS: expected a binding.*got a variable/,
  ),
  'a name for a variable and a binding': error(
    'binding = "PUBLIC_URL"',
    tables('[[kv_namespaces]]', 'binding = "PUBLIC_URL"'),
    /PUBLIC_URL: expected one binding or variable/,
  ),
  'a binding twice': error(
    'binding = "SESSIONS"',
    tables('[[kv_namespaces]]', 'binding = "SESSIONS"'),
    /SESSIONS: expected one binding/,
  ),
  'no log': error(
    '[vars]',
    swap(
      /\[\[durable_objects\.bindings\]\]\nname = "REVOCATIONS"\nclass_name = "RevocationLog"/,
      '',
    ),
    /REVOCATIONS: expected a Durable Object binding.*Bind it/,
  ),
  'a log of another class': error(
    'class_name',
    swap('class_name = "RevocationLog"', 'class_name = "RevocationsLog"'),
    /REVOCATIONS: expected class_name.*Did you mean "RevocationLog"/,
  ),
  'a log without its migration': error(
    '',
    swap(/\[\[migrations\]\]\ntag = "v1"\nnew_sqlite_classes = \["RevocationLog"\]/, ''),
    /migrations: expected .*new_sqlite_classes.*got no migrations/,
  ),
  'a log with the old storage': error(
    '[[migrations]]',
    swap('new_sqlite_classes', 'new_classes'),
    /migrations: .*new_classes, whose storage has no SQL/,
  ),
  'a log that a migration deletes': error(
    '[[migrations]]',
    (t) => `${t}\n[[migrations]]\ntag = "v2"\ndeleted_classes = ["RevocationLog"]\n`,
    /migrations: .*leave no such class/,
  ),
  'modules that are not uploaded': error(
    '',
    swap(/^rules = .*$/m, ''),
    /rules: expected .*globs = \["\*\.js"\].*got no such rule/,
  ),
  'some modules that are not uploaded': error(
    'rules = ',
    swap('globs = ["*.js"]', 'globs = ["condition-language.js"]'),
    /rules: expected .*got \["condition-language\.js"\]/,
  ),
  'no KV': warning(
    '',
    swap(/\[\[kv_namespaces\]\]\nbinding = "SESSIONS"/, ''),
    /no KV namespace SESSIONS/,
  ),
  'a database on a platform without the modules of Node': error(
    'compatibility_date',
    both(swap('compatibility_date = "2026-10-20"', 'compatibility_date = "2026-08-03"'), DATABASE),
    /compatibility_date: expected 2026-08-04 or later, or the flag nodejs_compat.*KRATOS_DB/,
  ),
  'a database that no log reads': error(
    'KRATOS_DB',
    both(vars('REVOCATION = "off"'), DATABASE),
    /KRATOS_DB: expected REVOCATION/,
  ),
  'a database as a service': error(
    'KRATOS_DB',
    tables('[[services]]', 'binding = "KRATOS_DB"', 'service = "db"'),
    /KRATOS_DB: expected a binding of the kind Hyperdrive \(\[\[hyperdrive\]\]\); got one of services/,
  ),
  'workers.dev': warning(
    'workers_dev',
    swap('workers_dev = false', 'workers_dev = true'),
    /workers_dev is not false/,
  ),
  'old versions': warning(
    'preview_urls',
    swap('preview_urls = false', 'preview_urls = true'),
    /preview_urls is not false/,
  ),
  'a name in upper case': error(
    'name',
    swap('name = "postern"', 'name = "Postern Gate"'),
    /name: expected lower-case letters.*got "Postern Gate"/,
  ),
  'a compatibility date that is none': error(
    'compatibility_date',
    swap('2026-10-20', '20.10.2026'),
    /compatibility_date: expected a date such as/,
  ),
  'a misspelt field': warning(
    'workers_deev',
    top('workers_deev = false'),
    /workers_deev: wrangler knows no such name.*Did you mean "workers_dev"/,
  ),
  'a misspelt table': warning(
    'kv_namespace',
    tables('[[kv_namespace]]', 'binding = "X"'),
    /kv_namespace: .*Did you mean "kv_namespaces"/,
  ),
  'a flag of wrangler as text': error(
    'workers_dev',
    swap('workers_dev = false', 'workers_dev = "false"'),
    /workers_dev: expected true or false; got "false"/,
  ),
  'a binding without a name': error(
    '[[kv_namespaces]]',
    swap('binding = "SESSIONS"', 'id = "1"'),
    /kv_namespaces\.0\.binding: expected a value/,
  ),
  'an unknown handling of HTML': error(
    'html_handling',
    tables(
      '[assets]',
      'directory = "docs"',
      'binding = "ORIGIN"',
      'run_worker_first = true',
      'html_handling = "off"',
    ),
    /assets\.html_handling: expected one of/,
  ),
  'assets before the gate': error(
    '[assets]',
    both(
      swap(/ORIGIN_URL = .*/, ''),
      tables('[assets]', 'directory = "docs"', 'binding = "ORIGIN"', 'html_handling = "none"'),
    ),
    /assets\.run_worker_first: expected exactly true/,
  ),
  'assets with another binding': error(
    'ASSETS',
    both(
      swap(/ORIGIN_URL = .*/, ''),
      tables('[assets]', 'directory = "docs"', 'binding = "ASSETS"', 'run_worker_first = true'),
    ),
    /assets\.binding: expected "ORIGIN"/,
  ),
  'origin twice': warning(
    'ORIGIN_URL',
    tables('[[services]]', 'binding = "ORIGIN"', 'service = "site"'),
    /ORIGIN_URL and the service binding ORIGIN are both set/,
  ),
};
