const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ALPHANUMERICS = `${LETTERS}0123456789`;

export function randomAlphanumeric(length: number): string {
  return randomFrom(ALPHANUMERICS, length);
}

export function randomLetters(length: number): string {
  return randomFrom(LETTERS, length);
}

// The modulo favours some letters a little: of no matter to a stand-in.
function randomFrom(alphabet: string, length: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  return Array.from(bytes, (byte) => alphabet.charAt(byte % alphabet.length)).join('');
}
