// No I/O, no clock.
import type { Language } from './language.ts';
import type { Asker } from './page-models.ts';

/** The way in which a person's language writes times and lists. */
export interface Formats {
  /** Writes a time of day in the person's zone, with the zone. */
  readonly formatTime: (time: Date) => string;
  /** Writes a duration in seconds or minutes. */
  readonly formatDuration: (seconds: number) => string;
  readonly formatList: (items: readonly string[]) => string;
}

/** Returns the formats of a language. The zone is that of the request's address, or UTC if the platform names none. */
export function formatsOf({ locale }: Language, { cf }: Asker): Formats {
  return {
    formatTime: (time) => timeFormat(locale, cf).format(time),
    formatDuration: (seconds) =>
      seconds < 100
        ? unit(locale, 'second', seconds)
        : unit(locale, 'minute', Math.ceil(seconds / 60)),
    formatList: (items) => new Intl.ListFormat(locale, { type: 'conjunction' }).format(items),
  };
}

function unit(locale: string, name: 'second' | 'minute', count: number): string {
  const options = { style: 'unit', unit: name, unitDisplay: 'long' } as const;
  return new Intl.NumberFormat(locale, options).format(count);
}

function timeFormat(locale: string, cf: unknown): Intl.DateTimeFormat {
  const options = {
    year: 'numeric',
    month: 'long',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
  } as const;
  try {
    return new Intl.DateTimeFormat(locale, { ...options, timeZone: zoneOf(cf) });
  } catch {
    return new Intl.DateTimeFormat(locale, { ...options, timeZone: 'UTC' }); // an unknown zone
  }
}

function zoneOf(cf: unknown): string {
  const zone = typeof cf === 'object' && cf !== null && 'timezone' in cf ? cf.timezone : undefined;
  return typeof zone === 'string' ? zone : 'UTC';
}
