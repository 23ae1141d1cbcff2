// The official JavaScript client, responses. https://platform.openai.com/docs/api-reference/responses

import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { client, key, until, url, version, words } from '../harness.mjs';

const feature = client(`openai (npm) ${version('node', 'openai')}`);
const api = new OpenAI({ apiKey: key, baseURL: `${url}/v1`, maxRetries: 0 });
const model = 'innkeeper';
const collect = async (list) => { const out = []; for await (const item of list) out.push(item); return out; };

feature('responses: create', async () => {
  const answer = await api.responses.create({ model, input: 'say hi', instructions: 'be brief', metadata: { a: 'b' } });
  assert.match(answer.id, /^resp_/);
  assert.equal(answer.status, 'completed');
  assert.equal(answer.output_text, 'say hi');
  assert.equal(answer.instructions, 'be brief');
  assert.deepEqual(answer.metadata, { a: 'b' });
  assert.ok(answer.usage.total_tokens > 0);
});

feature('responses: retrieve, delete', async () => {
  const made = await api.responses.create({ model, input: 'keep this' });
  assert.deepEqual(await api.responses.retrieve(made.id), made);
  await api.responses.delete(made.id);
  await assert.rejects(api.responses.retrieve(made.id), OpenAI.NotFoundError);
  const unkept = await api.responses.create({ model, input: 'forget this', store: false });
  await assert.rejects(api.responses.retrieve(unkept.id), OpenAI.NotFoundError);
});

feature('responses: stream', async () => {
  const stream = await api.responses.create({ model, input: 'one two three', stream: true });
  const types = [], numbers = [];
  let text = '', final;
  for await (const event of stream) {
    if (types.at(-1) !== event.type) types.push(event.type);
    numbers.push(event.sequence_number);
    if (event.type === 'response.output_text.delta') text += event.delta;
    if (event.type === 'response.completed') final = event.response;
  }
  assert.deepEqual(types, [
    'response.created', 'response.in_progress', 'response.output_item.added', 'response.content_part.added', 'response.output_text.delta',
    'response.output_text.done', 'response.content_part.done', 'response.output_item.done', 'response.completed',
  ]);
  assert.deepEqual(numbers, numbers.map((_, i) => i));
  assert.equal(text, 'one two three');
  assert.equal((await api.responses.retrieve(final.id)).output_text, 'one two three');
});

feature('responses: stream helper', async () => {
  const deltas = [];
  const stream = api.responses.stream({ model, input: 'one two three' }).on('response.output_text.delta', (event) => deltas.push(event.delta));
  const final = await stream.finalResponse();
  assert.equal(final.output_text, 'one two three');
  assert.equal(deltas.join(''), 'one two three');
});

feature('responses: reasoning', async () => {
  const stream = api.responses.stream({ model, input: 'think', reasoning: { effort: 'low', summary: 'auto' } });
  const final = await stream.finalResponse();
  assert.deepEqual(final.output.map((item) => item.type), ['reasoning', 'message']);
  assert.equal(final.output_text, 'think');
  const again = await api.responses.create({ model, input: [...final.output, { role: 'user', content: 'and now?' }] });
  assert.equal(again.output_text, 'and now?');
});

feature('responses: incomplete', async () => {
  const cut = await api.responses.create({ model, input: 'one two three four', max_output_tokens: 2 });
  assert.equal(cut.status, 'incomplete');
  assert.equal(cut.incomplete_details.reason, 'max_output_tokens');
});

feature('responses: JSON schema', async () => {
  const Event = z.object({ name: z.string(), seats: z.number().int().min(3), tags: z.array(z.string()).nullable() });
  const answer = await api.responses.parse({ model, input: 'a party', text: { format: zodTextFormat(Event, 'event') } });
  assert.doesNotThrow(() => Event.parse(answer.output_parsed));
});

const tool = {
  type: 'function', name: 'weather', description: 'the weather in a city', strict: true,
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false },
};

feature('responses: function tools', async () => {
  const tools = [tool, { type: 'web_search' }];
  const first = await api.responses.create({ model, input: 'how is it in Turin?', tools });
  const call = first.output.find((item) => item.type === 'function_call');
  assert.equal(call.name, 'weather');
  assert.equal(typeof JSON.parse(call.arguments).city, 'string');
  const result = { type: 'function_call_output', call_id: call.call_id, output: 'sunny' };
  const second = await api.responses.create({ model, previous_response_id: first.id, input: [result], tools });
  assert.equal(second.output_text, 'tool weather said: sunny');
  const stateless = await api.responses.create({ model, store: false, input: [{ role: 'user', content: 'how?' }, ...first.output, result], tools });
  assert.equal(stateless.output_text, 'tool weather said: sunny');
  const stream = api.responses.stream({ model, input: 'how is it in Turin?', tools });
  let pieces = '';
  stream.on('response.function_call_arguments.delta', (event) => { pieces += event.delta; });
  const final = await stream.finalResponse();
  assert.equal(final.output[0].arguments, pieces);
});

feature('responses: vision part', async () => {
  const answer = await api.responses.create({
    model, input: [{ role: 'user', content: [{ type: 'input_text', text: 'what?' }, { type: 'input_image', detail: 'auto', image_url: 'data:image/png;base64,iVBORw0KGgo=' }] }],
  });
  assert.match(answer.output_text, /\[image: image\/png, 8 bytes\]/);
});

feature('responses: chained', async () => {
  const first = await api.responses.create({ model, input: 'first words' });
  const second = await api.responses.create({ model, input: 'more', previous_response_id: first.id });
  assert.equal(second.previous_response_id, first.id);
  assert.ok(second.usage.input_tokens > first.usage.input_tokens, 'the agent was not told what came before');
  await assert.rejects(api.responses.create({ model, input: 'x', previous_response_id: 'resp_none' }), OpenAI.NotFoundError);
});

feature('responses: conversation names', async () => {
  const conversation = `conv_${Date.now()}`;
  const first = await api.responses.create({ model, input: 'first words', conversation });
  const second = await api.responses.create({ model, input: 'more', conversation });
  assert.equal(second.conversation.id, conversation);
  assert.ok(second.usage.input_tokens > first.usage.input_tokens);
  await assert.rejects(api.responses.create({ model, input: 'x', conversation, previous_response_id: first.id }), OpenAI.BadRequestError);
});

feature('responses: input_items', async () => {
  const input = ['one', 'two', 'three'].map((content) => ({ role: 'user', content }));
  const made = await api.responses.create({ model, input });
  const texts = (items) => items.map((item) => item.content[0].text);
  assert.deepEqual(texts(await collect(api.responses.inputItems.list(made.id, { order: 'asc', limit: 2 }))), ['one', 'two', 'three']);
  assert.deepEqual(texts(await collect(api.responses.inputItems.list(made.id))), ['three', 'two', 'one']);
});

feature('responses: background', async () => {
  let job = await api.responses.create({ model, input: words(40), background: true });
  assert.ok(['queued', 'in_progress'].includes(job.status), job.status);
  job = await until(() => api.responses.retrieve(job.id), (r) => !['queued', 'in_progress'].includes(r.status));
  assert.equal(job.status, 'completed');
  assert.equal(job.output_text, words(40));
});

feature('responses: cancel', async () => {
  const job = await api.responses.create({ model, input: words(4000), background: true });
  const cancelled = await api.responses.cancel(job.id);
  assert.equal(cancelled.status, 'cancelled');
  assert.equal((await api.responses.retrieve(job.id)).status, 'cancelled');
  const done = await api.responses.create({ model, input: 'not in the background' });
  await assert.rejects(api.responses.cancel(done.id), OpenAI.BadRequestError);
});

feature('responses: resume a stream', async () => {
  const stream = await api.responses.create({ model, input: words(100), background: true, stream: true });
  let id, last, text = '';
  for await (const event of stream) {
    id ??= event.response?.id;
    last = event.sequence_number;
    if (event.type === 'response.output_text.delta') { text += event.delta; break; }
  }
  const numbers = [];
  for await (const event of await api.responses.retrieve(id, { stream: true, starting_after: last })) {
    numbers.push(event.sequence_number);
    if (event.type === 'response.output_text.delta') text += event.delta;
  }
  assert.deepEqual(numbers, numbers.map((_, i) => last + 1 + i));
  assert.equal(text, words(100));
});

feature('responses: compact', async () => {
  const first = await api.responses.create({ model, input: 'a long talk about many things' });
  const compacted = await api.responses.compact({ model, previous_response_id: first.id });
  const item = compacted.output.find((i) => i.type === 'compaction');
  assert.ok(item?.encrypted_content);
  const next = await api.responses.create({ model, input: [...compacted.output, { role: 'user', content: 'go on' }] });
  assert.equal(next.output_text, 'go on');
});

feature('client leaves mid-stream', async () => {
  const stream = await api.responses.create({ model, input: words(2000), stream: true });
  let id;
  for await (const event of stream) {
    id ??= event.response?.id;
    if (event.type === 'response.output_text.delta') break;
  }
  const left = await until(() => api.responses.retrieve(id), (r) => r.status !== 'in_progress');
  assert.equal(left.status, 'incomplete');
  assert.match(left.output_text, /^word0/);
  const next = await api.responses.create({ model, input: 'go on', previous_response_id: id });
  assert.equal(next.output_text, 'go on');
});

feature('idempotency key', async () => {
  const name = `resp-${Date.now()}-${Math.random()}`;
  const ask = (input) => api.responses.create({ model, input }, { headers: { 'Idempotency-Key': name } });
  const first = await ask('once');
  assert.equal((await ask('once')).id, first.id);
  await assert.rejects(ask('something else'), OpenAI.ConflictError);
});
