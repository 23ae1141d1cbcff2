// The official JavaScript client, chat completions. https://platform.openai.com/docs/api-reference/chat

import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { client, key, url, version, words } from '../harness.mjs';

const feature = client(`openai (npm) ${version('node', 'openai')}`);
const api = new OpenAI({ apiKey: key, baseURL: `${url}/v1`, maxRetries: 0 });
const model = 'innkeeper';
const user = (content) => [{ role: 'user', content }];

feature('models', async () => {
  const models = [];
  for await (const m of api.models.list()) models.push(m);
  assert.ok(models.length > 0);
  assert.equal((await api.models.retrieve(models[0].id)).id, models[0].id);
});

feature('chat: create', async () => {
  const answer = await api.chat.completions.create({ model, messages: user('say hi') });
  assert.match(answer.id, /^chatcmpl-/);
  assert.equal(answer.object, 'chat.completion');
  assert.equal(answer.choices[0].message.content, 'say hi');
  assert.equal(answer.choices[0].finish_reason, 'stop');
  assert.ok(answer.usage.total_tokens > 0);
  assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
});

feature('chat: max tokens, stop', async () => {
  for (const limit of ['max_tokens', 'max_completion_tokens']) {
    const cut = await api.chat.completions.create({ model, messages: user('one two three four'), [limit]: 2 });
    assert.equal(cut.choices[0].finish_reason, 'length');
    assert.equal(cut.choices[0].message.content.trim(), 'one two');
  }
  const stopped = await api.chat.completions.create({ model, messages: user('one two three'), stop: ['three'], seed: 7, temperature: 0 });
  assert.equal(stopped.choices[0].message.content, 'one two ');
});

feature('chat: stream', async () => {
  const stream = await api.chat.completions.create({
    model, messages: user('one two three'), stream: true, stream_options: { include_usage: true },
  });
  let text = '', finish, usage;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? '';
    finish = chunk.choices[0]?.finish_reason ?? finish;
    usage = chunk.usage ?? usage;
  }
  assert.equal(text, 'one two three');
  assert.equal(finish, 'stop');
  assert.ok(usage.completion_tokens > 0);
});

feature('chat: stream helper', async () => {
  const stream = api.chat.completions.stream({ model, messages: user('one two three') });
  const deltas = [];
  stream.on('content', (delta) => deltas.push(delta));
  const final = await stream.finalChatCompletion();
  assert.equal(deltas.join(''), 'one two three');
  assert.ok(deltas.length > 1, 'it came in one piece');
  assert.equal(final.choices[0].message.content, 'one two three');
});

const weather = (calls) => ({
  type: 'function',
  function: {
    name: 'weather',
    description: 'the weather in a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false },
    parse: JSON.parse,
    function: (args) => { calls.push(args); return 'sunny, 21 degrees'; },
  },
});

feature('chat: function tools', async () => {
  for (const stream of [false, true]) {
    const calls = [];
    const runner = api.chat.completions.runTools({ model, stream, messages: user('how is it in Turin?'), tools: [weather(calls)] });
    assert.equal(await runner.finalContent(), 'tool weather said: sunny, 21 degrees');
    assert.equal(calls.length, 1);
    assert.equal(typeof calls[0].city, 'string');
  }
});

feature('chat: JSON schema', async () => {
  const Event = z.object({ name: z.string(), people: z.array(z.string()), day: z.enum(['sat', 'sun']), seats: z.number().int() });
  const answer = await api.chat.completions.parse({ model, messages: user('a party'), response_format: zodResponseFormat(Event, 'event') });
  assert.doesNotThrow(() => Event.parse(answer.choices[0].message.parsed));
  const object = await api.chat.completions.create({ model, messages: user('a party'), response_format: { type: 'json_object' } });
  assert.equal(JSON.parse(object.choices[0].message.content).text, 'a party');
});

feature('chat: vision part', async () => {
  const pixel = 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  const answer = await api.chat.completions.create({
    model, messages: user([{ type: 'text', text: 'what is it?' }, { type: 'image_url', image_url: { url: pixel, detail: 'low' } }]),
  });
  assert.match(answer.choices[0].message.content, /what is it\?\n\[image: image\/png, \d+ bytes\]/);
});

feature('chat: stored completions', async () => {
  const mark = `mark-${Date.now()}`;
  const made = await api.chat.completions.create({ model, messages: user('keep this'), store: true, metadata: { mark } });
  assert.equal((await api.chat.completions.retrieve(made.id)).choices[0].message.content, 'keep this');
  const changed = await api.chat.completions.update(made.id, { metadata: { mark, seen: 'yes' } });
  assert.equal(changed.metadata.seen, 'yes');
  const found = [];
  for await (const c of api.chat.completions.list({ metadata: { mark } })) found.push(c.id);
  assert.deepEqual(found, [made.id]);
  const messages = [];
  for await (const m of api.chat.completions.messages.list(made.id)) messages.push(m.content);
  assert.deepEqual(messages, ['keep this']);
  assert.equal((await api.chat.completions.delete(made.id)).deleted, true);
  await assert.rejects(api.chat.completions.retrieve(made.id), OpenAI.NotFoundError);
});

feature('client leaves mid-stream', async () => {
  const stream = await api.chat.completions.create({ model, messages: user(words(2000)), stream: true });
  let seen = 0;
  for await (const _ of stream) if (++seen === 5) break; // leaving the loop aborts the request
  assert.equal(stream.controller.signal.aborted, true);
  assert.equal((await api.chat.completions.create({ model, messages: user('still there?') })).choices[0].message.content, 'still there?');
});

feature('errors', async () => {
  const stranger = new OpenAI({ apiKey: 'not-the-key-at-all', baseURL: `${url}/v1`, maxRetries: 0 });
  await assert.rejects(stranger.chat.completions.create({ model, messages: user('hi') }), (err) => {
    assert.ok(err instanceof OpenAI.AuthenticationError);
    assert.equal(err.code, 'invalid_api_key');
    assert.ok(err.requestID);
    return true;
  });
  await assert.rejects(api.models.retrieve('no-such-model'), OpenAI.NotFoundError);
  await assert.rejects(api.get('/no/such/path'), OpenAI.NotFoundError);
  for (const [param, body] of [
    ['messages[1].content', { messages: [{ role: 'user', content: 'hi' }, { role: 'user', content: 3 }] }],
    ['messages', {}],
    ['n', { messages: user('hi'), n: 2 }],
    ['logprobs', { messages: user('hi'), logprobs: true }],
    ['temperature', { messages: user('hi'), temperature: 'hot' }],
  ]) {
    await assert.rejects(api.chat.completions.create({ model, ...body }), (err) => {
      assert.ok(err instanceof OpenAI.BadRequestError, String(err));
      assert.equal(err.param, param);
      assert.equal(err.type, 'invalid_request_error');
      return true;
    });
  }
});

feature('idempotency key', async () => {
  const name = `chat-${Date.now()}-${Math.random()}`;
  const ask = (content) => api.chat.completions.create({ model, messages: user(content) }, { headers: { 'Idempotency-Key': name } });
  const [first, beside] = await Promise.all([ask('once'), ask('once')]);
  assert.equal(first.id, beside.id);
  assert.deepEqual(await ask('once'), first);
  await assert.rejects(ask('something else'), OpenAI.ConflictError);
});
