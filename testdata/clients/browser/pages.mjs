// Serves the page and the modules of the openai package to the browser, under every loopback name. It writes its port into the
// file that it is given.

import { createReadStream, existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const modules = fileURLToPath(new URL('node_modules', import.meta.url));

const page = '<!doctype html><meta charset="utf-8"><title>a page that calls the API</title><link rel="icon" href="data:,">';

const server = createServer((req, res) => {
  const { pathname } = new URL(req.url, 'http://localhost');
  if (pathname === '/') {
    res.writeHead(200, { 'content-type': 'text/html' });
    res.end(page);
    return;
  }
  const file = normalize(join(modules, pathname));
  if (!file.startsWith(modules) || !/\.m?js$/.test(file) || !existsSync(file)) {
    res.writeHead(404);
    res.end();
    return;
  }
  res.writeHead(200, { 'content-type': 'text/javascript' });
  createReadStream(file).pipe(res);
});

server.listen(0, '127.0.0.1', () => writeFileSync(process.argv[2], String(server.address().port)));
