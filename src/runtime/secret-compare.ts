// Pure: no I/O, no clock.

/**
 * Returns whether a presented text is one of the secrets. Every secret is compared, to the last character of the
 * presented text. So the time of the comparison tells neither how much of a secret was right, nor which secret it was.
 */
export function matchesSecret(presented: string, secrets: readonly string[]): boolean {
  let matches = false;
  for (const secret of secrets) {
    const isSame = isSameText(presented, secret);
    matches = isSame || matches;
  }
  return matches;
}

/** Compares two texts in a time that depends on their lengths alone: no step depends on a step before. */
function isSameText(presented: string, secret: string): boolean {
  let difference = presented.length ^ secret.length;
  const last = secret.length - 1;
  for (let index = 0; index < presented.length; index += 1) {
    difference |= presented.charCodeAt(index) ^ secret.charCodeAt(Math.min(index, last));
  }
  return difference === 0;
}
