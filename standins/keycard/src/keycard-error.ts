/** A failure as Keycard's API sends it (`api/openapi.yaml`). */
export function keycardError(status: number, code: string, message: string): Response {
  return Response.json({ message, code, status }, { status });
}
