// Responses over a WebSocket, with the official client and with a plain one.
// https://platform.openai.com/docs/guides/websocket-mode

import assert from 'node:assert/strict';
import { once } from 'node:events';
import OpenAI from 'openai';
import { ResponsesWS } from 'openai/resources/responses/ws';
import WebSocket from 'ws';
import { client, key, url, version, words } from '../harness.mjs';

const authorization = { authorization: `Bearer ${key}` };
const address = `${url.replace(/^http/, 'ws')}/v1/responses`;

// open is a plain connection, or an answer that refuses one.
async function open(headers = authorization) {
  const socket = new WebSocket(address, { headers, handshakeTimeout: 10_000 });
  const received = [];
  let wake = () => {};
  socket.on('message', (data) => { received.push(JSON.parse(data)); wake(); });
  const status = await new Promise((resolve, reject) => {
    socket.once('open', () => resolve(101));
    socket.once('unexpected-response', (request, response) => { request.destroy(); resolve(response.statusCode); });
    socket.once('error', reject);
  });
  return {
    socket, status,
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    // until gives all events up to the first one of these types.
    async until(...types) {
      for (;;) {
        const at = received.findIndex((event) => types.includes(event.type));
        if (at >= 0) return received.splice(0, at + 1);
        await new Promise((resolve) => { wake = resolve; });
      }
    },
  };
}

const create = (input, more = {}) => ({ type: 'response.create', model: 'innkeeper', input, ...more });

const official = client(`openai (npm) ${version('node', 'openai')}`);
official('websocket: create, chained', async () => {
  const socket = new ResponsesWS(new OpenAI({ apiKey: key, baseURL: `${url}/v1` }));
  const failed = new Promise((_, reject) => socket.on('error', reject));
  const answer = (message) => {
    const completed = new Promise((resolve) => socket.once('response.completed', (event) => resolve(event.response)));
    socket.send(message);
    return Promise.race([completed, failed]);
  };
  const first = await answer(create('one two', { store: false }));
  assert.equal(first.output[0].content[0].text, 'one two');
  const second = await answer(create('more', { store: false, previous_response_id: first.id }));
  assert.ok(second.usage.input_tokens > first.usage.input_tokens);
  socket.close();
});

const plain = client(`ws (npm) ${version('node', 'ws')}`);
plain('websocket: the events of a stream', async () => {
  const c = await open();
  c.send(create('one two three'));
  const events = await c.until('response.completed', 'error');
  assert.deepEqual(events.map((e) => e.sequence_number), events.map((_, i) => i));
  assert.deepEqual([...new Set(events.map((e) => e.type))], [
    'response.created', 'response.in_progress', 'response.output_item.added', 'response.content_part.added', 'response.output_text.delta',
    'response.output_text.done', 'response.content_part.done', 'response.output_item.done', 'response.completed',
  ]);
  c.socket.close();
  await once(c.socket, 'close');
});

plain('websocket: errors leave it open', async () => {
  const c = await open();
  for (const wrong of [create('x', { previous_response_id: 'resp_none' }), '{"type": "response.create", ', { type: 'no.such.type' }, create(undefined)]) {
    c.send(wrong);
    const [error] = await c.until('error', 'response.completed');
    assert.equal(error.type, 'error', JSON.stringify(error));
    assert.ok(error.error.message);
  }
  c.send(create('still there?'));
  assert.equal((await c.until('response.completed')).at(-1).response.output[0].content[0].text, 'still there?');
  c.socket.terminate();
});

plain('websocket: refused without the key', async () => {
  assert.equal((await open({})).status, 401);
  assert.equal((await open({ authorization: 'Bearer not-the-key-at-all' })).status, 401);
});

plain('client leaves mid-stream', async () => {
  const c = await open();
  c.send(create(words(2000)));
  await c.until('response.output_text.delta');
  c.socket.terminate();
  const again = await open();
  again.send(create('still there?'));
  await again.until('response.completed');
  again.socket.terminate();
});
