// Pure: no I/O, no clock.

const ZONE_HOST = /^([a-z0-9-]{1,63})\.keycard\.cloud$/;

/** The zone whose issuer this is, by its host `<zone-id>.keycard.cloud`; `undefined` for an issuer of another name. */
export function zoneOfIssuer(issuer: string): string | undefined {
  return ZONE_HOST.exec(URL.parse(issuer)?.hostname ?? '')?.[1];
}
