/** Whether the tests run against the gate inside of a Hono app, in the place of the built Worker. */
export function isInHono(): boolean {
  return process.env.GATE_COMPOSITION === 'hono';
}
