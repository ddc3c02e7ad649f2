// Pure: no I/O, no clock.

const ZONE_HOST = /^([a-z0-9-]{1,63})\.keycard\.cloud$/;

/** Returns the zone of an issuer by its host, `<zone-id>.keycard.cloud`; `undefined` for an issuer at another host. */
export function zoneOfIssuer(issuer: string): string | undefined {
  return ZONE_HOST.exec(URL.parse(issuer)?.hostname ?? '')?.[1];
}
