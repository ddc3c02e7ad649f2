// Pure: no I/O, no clock.

export interface Place {
  readonly latitude: number;
  readonly longitude: number;
}

/** One of Cloudflare's locations: where it is, its share of the visitors, how many isolates serve there. */
export interface Location extends Place {
  readonly share: number;
  readonly isolates: number;
  /** The first of its isolates, counted over all locations. */
  readonly firstIsolate: number;
}

/** The places of users: latitude, longitude, and the share of the internet's users in that region. */
const REGIONS: readonly (readonly [number, number, number])[] = [
  [40.7, -74, 5],
  [34.1, -118.2, 4],
  [41.9, -87.6, 3],
  [29.8, -95.4, 2.5],
  [33.7, -84.4, 2.5],
  [47.6, -122.3, 1.5],
  [43.7, -79.4, 1.5],
  [25.8, -80.2, 1.5],
  [19.4, -99.1, 3],
  [4.7, -74.1, 1.5],
  [-12, -77, 1],
  [-33.4, -70.7, 1],
  [-34.6, -58.4, 1.5],
  [-23.5, -46.6, 4],
  [-3.7, -38.5, 1],
  [51.5, -0.1, 4],
  [48.9, 2.4, 3.5],
  [50.1, 8.7, 4],
  [52.4, 4.9, 2],
  [40.4, -3.7, 2],
  [45.5, 9.2, 2.5],
  [59.3, 18.1, 1.5],
  [52.2, 21, 1.5],
  [55.8, 37.6, 3],
  [41, 29, 2.5],
  [30, 31.2, 2],
  [6.5, 3.4, 2],
  [-1.3, 36.8, 1],
  [-26.2, 28, 1.5],
  [33.6, -7.6, 0.7],
  [25.2, 55.3, 1.5],
  [24.7, 46.7, 1.5],
  [35.7, 51.4, 1.5],
  [24.9, 67, 2],
  [19.1, 72.9, 6],
  [28.6, 77.2, 6],
  [13, 77.6, 4],
  [23.8, 90.4, 2],
  [13.8, 100.5, 2.5],
  [1.4, 103.8, 2],
  [-6.2, 106.8, 4.5],
  [14.6, 121, 3],
  [10.8, 106.7, 2.5],
  [22.3, 114.2, 2],
  [25, 121.5, 1.5],
  [37.6, 127, 2.5],
  [35.7, 139.7, 4.5],
  [34.7, 135.5, 2],
  [-33.9, 151.2, 1.5],
  [-36.8, 174.8, 0.5],
]; // prettier than one per line, and no more exact than it looks

/** The location of the session store and the log. */
export const HOME: Place = { latitude: 50.1, longitude: 8.7 };

/**
 * `count` locations: the regions over and over, each next one a few hundred kilometres off and with less to do. The
 * isolates are shared out by traffic, each location has at least one.
 */
export function layOut(count: number, isolates: number): Location[] {
  const places = Array.from({ length: count }, (_, index) => {
    const [latitude, longitude, share] = REGIONS[index % REGIONS.length] ?? [0, 0, 1];
    const round = Math.floor(index / REGIONS.length);
    const angle = index * 2.4; // turns so that no two rounds fall together
    return {
      latitude: latitude + 3 * round * Math.sin(angle) * 0.5,
      longitude: longitude + 3 * round * Math.cos(angle) * 0.5,
      share: share / (1 + round),
    };
  });
  const total = places.reduce((sum, { share }) => sum + share, 0);
  let shared = 0;
  let firstIsolate = 0;
  return places.map((place) => {
    shared += place.share / total;
    const upTo = Math.max(firstIsolate + 1, Math.round(shared * isolates));
    const location = {
      ...place,
      share: place.share / total,
      isolates: upTo - firstIsolate,
      firstIsolate,
    };
    firstIsolate = upTo;
    return location;
  });
}

const EARTH_KM = 6371;
/** Light in fibre goes 200 km per millisecond, and cables take detours of about 40 %. */
const RTT_MS_PER_KM = (2 * 1.4) / 200;
const LAST_HOPS_MS = 3;

/** There and back on a connection that is open already. */
export function roundTripMs(from: Place, to: Place): number {
  return LAST_HOPS_MS + distanceKm(from, to) * RTT_MS_PER_KM;
}

export function distanceKm(from: Place, to: Place): number {
  const [a, b] = [radians(from.latitude), radians(to.latitude)];
  const [dLatitude, dLongitude] = [b - a, radians(to.longitude - from.longitude)];
  const half =
    Math.sin(dLatitude / 2) ** 2 + Math.cos(a) * Math.cos(b) * Math.sin(dLongitude / 2) ** 2;
  return 2 * EARTH_KM * Math.asin(Math.sqrt(half));
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}
