// An upstream that misbehaves: the model that is asked for names the way. It writes its port into the file that it is given,
// and GET /left says how many streams its callers left before the end.

import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

let left = 0;

const chunk = (delta, finish = null) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;

function stream(res, ...frames) {
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const frame of frames) res.write(frame);
}

function refuse(res, status, message, headers = {}) {
  res.writeHead(status, { 'content-type': 'application/json', ...headers });
  res.end(JSON.stringify({ error: { message, type: 'upstream', param: null, code: 'upstream_code' } }));
}

const begun = [chunk({ role: 'assistant', content: '' }), chunk({ content: 'half of ' })];

const ways = {
  'fails': (res) => refuse(res, 500, 'it is broken'),
  'limits': (res) => refuse(res, 429, 'too fast', { 'retry-after': '7' }),
  'refuses-the-key': (res) => refuse(res, 401, 'Incorrect API key provided: sk-upstream'),
  'drops': (res) => res.destroy(),
  'hangs': () => {},
  'answers-html': (res) => { res.writeHead(200, { 'content-type': 'text/html' }); res.end('<html>hello</html>'); },
  'cuts': (res) => { stream(res, ...begun); setImmediate(() => res.destroy()); },
  'ends-early': (res) => { stream(res, ...begun); res.end(); },
  'garbles': (res) => { stream(res, ...begun, 'data: {"choices": [{"delta"\n\n'); res.end(); },
  'errs-midway': (res) => { stream(res, ...begun, 'data: {"error": {"message": "overloaded", "type": "server_error"}}\n\n'); res.end(); },
  'hangs-midway': (res) => stream(res, ...begun),
  'never-ends': (res) => {
    stream(res, ...begun);
    const timer = setInterval(() => res.write(chunk({ content: 'more ' })), 5);
    res.on('close', () => { clearInterval(timer); left++; });
  },
};

const server = createServer(async (req, res) => {
  if (req.method === 'GET') {
    res.end(req.url === '/left' ? String(left) : '{"object": "list", "data": []}');
    return;
  }
  let body = '';
  for await (const piece of req) body += piece;
  const way = ways[JSON.parse(body).model];
  if (way) way(res);
  else refuse(res, 404, 'no such model');
});

server.listen(0, '127.0.0.1', () => writeFileSync(process.argv[2], String(server.address().port)));
