// A site in Node. It reads who the user is from headers, so it accepts requests from Postern only (see the page).
import { createServer } from 'node:http';

const server = createServer(({ url, headers }, response) => {
  if (url === '/healthz') return response.end('ok');
  const email = decodeURIComponent(String(headers['x-user-email'] ?? ''));
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.end(`Hello ${email}, your id is ${headers['x-user-id']}\n`);
});
server.listen(Number(process.env.PORT ?? 8080));
