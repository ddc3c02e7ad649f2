import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { AssetFiles } from './asset-problems.ts';

/** Files that configure the static assets, and are not served. */
const NOT_SERVED = ['/_headers', '/_redirects', '/.assetsignore'];

/** Lists the static assets of a wrangler file. */
export function readAssetFiles(
  { directory }: { readonly directory?: string | undefined },
  config: string,
): AssetFiles {
  if (directory === undefined) return { paths: [], redirects: '' };
  const folder = resolve(dirname(config), directory);
  if (!existsSync(folder)) return { paths: undefined, redirects: '' };
  const redirects = join(folder, '_redirects');
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => `/${relative(folder, path).split(sep).join('/')}`)
    .filter((path) => !NOT_SERVED.includes(path));
  return { paths, redirects: existsSync(redirects) ? readFileSync(redirects, 'utf8') : '' };
}
