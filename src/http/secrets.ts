const encoder = new TextEncoder();

/**
 * Whether what was presented is one of the secrets. Digests are compared, all of them, in constant time: how long
 * it takes tells neither how much of a secret was right nor which one.
 */
export async function matchesSecret(
  presented: string,
  secrets: readonly string[],
): Promise<boolean> {
  const given = await digest(presented);
  let matches = false;
  for (const secret of secrets) {
    const isEqual = crypto.subtle.timingSafeEqual(given, await digest(secret));
    matches = isEqual || matches;
  }
  return matches;
}

function digest(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest('SHA-256', encoder.encode(text));
}
