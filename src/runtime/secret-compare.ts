// Pure: no I/O, no clock.

const encoder = new TextEncoder();

/**
 * Returns whether a presented text is one of the secrets. All digests are compared, each to the last byte. So the time
 * of the comparison does not tell how much of a secret was right, or which secret it was.
 */
export async function matchesSecret(
  presented: string,
  secrets: readonly string[],
): Promise<boolean> {
  const given = await digest(presented);
  let matches = false;
  for (const secret of secrets) {
    const isSame = isSameDigest(given, await digest(secret));
    matches = isSame || matches;
  }
  return matches;
}

async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(text)));
}

/** Compares two digests in the same time wherever they differ. Clients cannot choose the bytes of a digest. */
function isSameDigest(one: Uint8Array, other: Uint8Array): boolean {
  let difference = one.length ^ other.length;
  for (const [index, byte] of one.entries()) difference |= byte ^ (other[index] ?? 0);
  return difference === 0;
}
