// Pure: no I/O, no clock.

/** The cost of a month, in US dollars. */
export interface Bill {
  readonly requests: number;
  readonly cpu: number;
  readonly kvReads: number;
  readonly kvWrites: number;
  readonly log: number;
}

/** The operations of a day. */
export interface Usage {
  readonly requests: number;
  readonly kvReads: number;
  readonly kvWrites: number;
  readonly kvDeletes: number;
  /** Calls of the log's Durable Object. */
  readonly logCalls: number;
}

interface Price {
  /** A month's allowance and what each million beyond it costs. */
  readonly included: number;
  readonly perMillion: number;
}

/** Workers Paid, as its documentation has it in November 2026; without the 5 dollars of the plan itself. */
const PRICES = {
  requests: { included: 10e6, perMillion: 0.3 },
  cpuMs: { included: 30e6, perMillion: 0.02 },
  kvReads: { included: 10e6, perMillion: 0.5 },
  kvWrites: { included: 1e6, perMillion: 5 },
  kvDeletes: { included: 1e6, perMillion: 5 },
  durableObjectRequests: { included: 1e6, perMillion: 0.15 },
} satisfies Record<string, Price>;

/** One object awake all month is 332,000 GB-s, within the 400,000 that the plan includes. */
const DAYS = 30;
/** Of a request, all told: `npm run bench` measured 0.15 to 0.3. */
const CPU_MS_PER_REQUEST = 0.3;

export function billFor(usage: Usage): Bill {
  return {
    requests: cost(usage.requests, PRICES.requests),
    cpu: cost(usage.requests * CPU_MS_PER_REQUEST, PRICES.cpuMs),
    kvReads: cost(usage.kvReads, PRICES.kvReads),
    kvWrites: cost(usage.kvWrites, PRICES.kvWrites) + cost(usage.kvDeletes, PRICES.kvDeletes),
    log: cost(usage.logCalls, PRICES.durableObjectRequests),
  };
}

export function totalOf(bill: Bill): number {
  return Object.values(bill).reduce((sum, dollars) => sum + dollars, 0);
}

function cost(perDay: number, { included, perMillion }: Price): number {
  return (Math.max(0, perDay * DAYS - included) / 1e6) * perMillion;
}
