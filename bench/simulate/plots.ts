// Pure: no I/O, no clock.
import type { Choice, Findings } from './experiment.ts';
import type { BarPanel, Figure, LinePanel, Panel } from './figure.ts';
import type { RevocationChoice } from './revocation-choices.ts';

/** Figures by the name of their file: each quantity once per setting that moves it. */
export function plot(findings: Findings): ReadonlyMap<string, Figure> {
  const { byFresh, byKvWriteAfter, byLag } = findings;
  const [fresh, writeAfter, lag] = [
    'FRESH_SECONDS',
    'KV_WRITE_AFTER_SECONDS',
    'REVOCATION_LAG_SECONDS',
  ];
  return new Map<string, Figure>([
    [
      'store-load.svg',
      {
        heading: 'Load on the session store and on the log, over a day',
        description: `Lines over the hours of a day: checks at the store per second for each ${fresh} and each ${writeAfter}, reads of the log per second for each ${lag}.`,
        panels: [
          storeLoad(`Store, by ${fresh}`, byFresh),
          storeLoad(`Store, by ${writeAfter}`, byKvWriteAfter),
          logLoad(`Log, by ${lag}`, findings),
        ],
      },
    ],
    [
      'hit-ratio.svg',
      {
        heading: 'Where answers come from',
        description: `Stacked bars: the shares of requests answered from memory, from the location's cache, from KV, along with another request and by the store, for each ${fresh} and each ${writeAfter}; and the share that waits for the log, for each ${lag}.`,
        panels: [
          hitRatio(`By ${fresh}`, byFresh),
          hitRatio(`By ${writeAfter}`, byKvWriteAfter),
          waiting(`Log waits, by ${lag}`, findings),
        ],
      },
    ],
    [
      'bill.svg',
      {
        heading: "Cloudflare's bill for a month",
        description: `Stacked bars: US dollars a month for requests, CPU, KV reads, KV writes and the log, for each ${fresh} and each ${writeAfter}; and for the log alone, for each ${lag}.`,
        panels: [
          bill(`By ${fresh}`, byFresh),
          bill(`By ${writeAfter}`, byKvWriteAfter),
          bill(
            `The log alone, by ${lag}`,
            byLag.map(({ lagSeconds, bill }) => ({ name: `${lagSeconds} s`, bill })),
            ['log'],
          ),
        ],
      },
    ],
    [
      'staleness.svg',
      {
        heading: 'How old answers are',
        description: `Cumulative distributions of the age of answers, up to 120 seconds, for each ${fresh} and each ${writeAfter}.`,
        panels: [staleness(`By ${fresh}`, byFresh), staleness(`By ${writeAfter}`, byKvWriteAfter)],
      },
    ],
    [
      'revocation-lag.svg',
      {
        heading: 'How long a revoked session in use is still served somewhere',
        description: `Cumulative distributions of the seconds from the answer to the last request let in: revoked through Postern for each ${lag}, and in Kratos without a mark for each ${fresh} and each ${writeAfter}.`,
        panels: [
          lags(`Through Postern, by ${lag}`, findings.lagByLag),
          lags(`In Kratos, unmarked, by ${fresh}`, findings.lagByFresh),
          lags(`The same, by ${writeAfter}`, findings.lagByKvWriteAfter),
        ],
      },
    ],
  ]);
}

function storeLoad(title: string, choices: readonly Choice[]): LinePanel {
  const series = choices.map(({ name, tiers: { storeLoad: load, hours } }) => ({
    name,
    points: hourly(load, hours),
  }));
  return {
    kind: 'lines',
    title,
    xLabel: 'hour of the day, UTC',
    xStep: 6,
    yLabel: 'checks per second',
    series,
  };
}

/** Quarters of an hour of a sample are noisy; their means over an hour are not. */
function hourly(load: readonly number[], hours: number): [number, number][] {
  const perHour = Math.max(1, Math.round(load.length / hours));
  return Array.from({ length: Math.ceil(load.length / perHour) }, (_, hour) => {
    const quarters = load.slice(hour * perHour, (hour + 1) * perHour);
    return [hour + 0.5, quarters.reduce((sum, calls) => sum + calls, 0) / quarters.length];
  });
}

function logLoad(title: string, { byLag }: Findings): LinePanel {
  const series = byLag.map(({ lagSeconds, readLoad }) => ({
    name: `${lagSeconds} s`,
    points: readLoad.map((reads, hour) => [hour + 0.5, reads] as const),
  }));
  const mark = { y: 1000, name: 'about what one Durable Object takes' };
  return {
    kind: 'lines',
    title,
    xLabel: 'hour of the day, UTC',
    xStep: 6,
    yLabel: 'reads per second',
    series,
    mark,
  };
}

function hitRatio(title: string, choices: readonly Choice[]): BarPanel {
  const share = (of: (choice: Choice) => number) =>
    choices.map((choice) => (100 * of(choice)) / choice.tiers.requests);
  const parts = [
    { name: 'memory', values: share(({ tiers }) => tiers.byTier.memory) },
    { name: 'location', values: share(({ tiers }) => tiers.byTier.location) },
    { name: 'KV', values: share(({ tiers }) => tiers.byTier.kv) },
    { name: 'waited along', values: share(({ tiers }) => tiers.collapsed) },
    { name: 'store', values: share(({ tiers }) => tiers.byTier.store - tiers.collapsed) },
  ];
  return bars(title, 'per cent of requests', choices, parts, 100);
}

function waiting(title: string, { byLag }: Findings): BarPanel {
  const choices = byLag.map(({ lagSeconds }) => ({ name: `${lagSeconds} s` }));
  const parts = [{ name: 'waited for the log', values: byLag.map(({ waiting }) => 100 * waiting) }];
  return bars(title, 'per cent of requests', choices, parts);
}

function bill(
  title: string,
  choices: readonly Pick<Choice, 'name' | 'bill'>[],
  keys: readonly (keyof Choice['bill'])[] = ['requests', 'cpu', 'kvReads', 'kvWrites', 'log'],
): BarPanel {
  const names = {
    requests: 'requests',
    cpu: 'CPU',
    kvReads: 'KV reads',
    kvWrites: 'KV writes',
    log: 'log',
  };
  const parts = keys.map((key) => ({
    name: names[key],
    values: choices.map((choice) => choice.bill[key]),
  }));
  return bars(title, 'US dollars a month', choices, parts);
}

function staleness(title: string, choices: readonly Choice[]): LinePanel {
  const upTo = 120;
  const series = choices.map(({ name, tiers }) => ({ name, points: tiers.age.cumulative(upTo) }));
  return cumulative(title, 'seconds since the check began', series);
}

function lags(title: string, choices: readonly RevocationChoice[]): Panel {
  const series = choices.map(({ name, lagsMs }) => {
    const sorted = lagsMs.toSorted((a, b) => a - b);
    const points = Array.from({ length: 100 }, (_, index) => {
      const share = (index + 1) / 100;
      return [(sorted[Math.ceil(share * sorted.length) - 1] ?? 0) / 1000, share] as const;
    });
    return { name, points: [[0, 0] as const, ...points] };
  });
  return cumulative(title, 'seconds from the answer to the last request let in', series);
}

function cumulative(title: string, xLabel: string, series: LinePanel['series']): LinePanel {
  return { kind: 'lines', title, xLabel, yLabel: 'share no greater', series, yMax: 1 };
}

function bars(
  title: string,
  yLabel: string,
  choices: readonly { readonly name: string }[],
  parts: BarPanel['parts'],
  yMax?: number,
): BarPanel {
  const categories = choices.map(({ name }) => name);
  const panel = { kind: 'bars', title, xLabel: '', yLabel, categories, parts } as const;
  return yMax === undefined ? panel : { ...panel, yMax };
}
