const CHUNKS = 5;
const PAUSE_MS = 200;

/** `/stream`: five lines, 200 ms apart. */
export function stream(): Response {
  return new Response(
    paced((index) => `chunk ${index}\n`),
    {
      headers: { 'Content-Type': 'text/plain; charset=utf-8' },
    },
  );
}

/** `/sse`: five server-sent events, 200 ms apart. */
export function serverSentEvents(): Response {
  return new Response(
    paced((index) => `id: ${index}\ndata: event ${index}\n\n`),
    {
      headers: { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' },
    },
  );
}

/** `/echo`: the request's body, passed back as it arrives. */
export function echoBody(request: Request): Response {
  const type = request.headers.get('Content-Type') ?? 'application/octet-stream';
  return new Response(request.body, { headers: { 'Content-Type': type } });
}

/** `/slow?ms=`: answers after that many milliseconds. */
export async function slow(milliseconds: number): Promise<Response> {
  await sleep(milliseconds);
  return new Response(`after ${milliseconds} ms\n`);
}

function paced(text: (index: number) => string): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let index = 0;
  return new ReadableStream({
    async pull(controller) {
      if (index > 0) await sleep(PAUSE_MS);
      controller.enqueue(encoder.encode(text(++index)));
      if (index === CHUNKS) controller.close();
    },
  });
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
