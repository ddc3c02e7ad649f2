import { type Authority, parseAuthority } from '../../src/http/authority.ts';

/** The authority that a text names over https. */
export function authority(text: string): Authority {
  const read = parseAuthority(text, 'https:');
  if (read === undefined) throw new Error(`${text} is no host`);
  return read;
}
