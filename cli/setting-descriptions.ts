/** Reads the comments on the settings, their members and the bindings in src/config. */
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const SOURCES = resolve(import.meta.dirname, '../src/config');
/** Files that describe the members of settings that are lists of tables. */
export const MEMBER_SOURCES: Readonly<Record<string, string>> = {
  RULES: 'rule-settings.ts',
  ISSUERS: 'issuer-settings.ts',
  ORIGINS: 'origin-settings.ts',
};
const COMMENTED_MEMBER = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*([A-Za-z_]+): /g;
const DESCRIPTIONS = readDescriptions();

/** Every comment in front of a member, by `file member` and, for settings, by name alone. */
function readDescriptions(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const file of readdirSync(SOURCES)) {
    const source = readFileSync(`${SOURCES}/${file}`, 'utf8');
    for (const [, comment = '', name = ''] of source.matchAll(COMMENTED_MEMBER)) {
      const text = comment.replace(/\s*\n\s*\*\s*/g, ' ').trim();
      found.set(`${file} ${name}`, text);
      if (/^[A-Z]/.test(name)) found.set(name, text);
    }
  }
  return found;
}

/** Returns the comment on a setting, by its name, or on a member, by its file and name. */
export function descriptionOf(key: string): string {
  const description = DESCRIPTIONS.get(key);
  if (description === undefined) throw new Error(`${key} has no comment in ${SOURCES}`);
  return description;
}
