// What the official client sees when the agent's upstream is in trouble: never an answer that looks complete.

import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { client, key, troubleURL, until, version } from '../harness.mjs';

const feature = client(`openai (npm) ${version('node', 'openai')}`);
const api = new OpenAI({ apiKey: key, baseURL: `${troubleURL}/v1`, maxRetries: 0 });
const left = async () => Number(await (await fetch(`${process.env.INNKEEPER_UPSTREAM_URL}/left`)).text());

// All of these end before the first word, so that the status can tell.
const early = { 'fails': 502, 'limits': 429, 'refuses-the-key': 502, 'drops': 502, 'hangs': 504, 'answers-html': 502 };
const midway = ['cuts', 'ends-early', 'garbles', 'errs-midway', 'hangs-midway'];

function check(err, status) {
  assert.ok(err instanceof OpenAI.APIError, String(err));
  assert.equal(err.status, status, err.message);
  assert.ok(err.error.message);
  assert.doesNotMatch(err.error.message, /sk-upstream/, 'the key of the operator leaked');
  if (status === 429) assert.equal(err.headers.get('retry-after'), '7');
  return true;
}

// They are tried side by side, as some take as long as the server waits for its upstream.
const each = (list, body) => Promise.all(list.map(body));

feature('upstream in trouble: chat', () => each(Object.entries(early), async ([model, status]) => {
  for (const stream of [false, true]) {
    await assert.rejects(api.chat.completions.create({ model, stream, messages: [{ role: 'user', content: 'hi' }] }), (err) => check(err, status), model);
  }
}));

feature('upstream in trouble: responses', () => each(Object.entries(early), async ([model, status]) => {
  await assert.rejects(api.responses.create({ model, input: 'hi' }), (err) => check(err, status), model);
}));

feature('upstream cut midway: chat', () => each(midway, async (model) => {
  let text = '', finish = null;
  await assert.rejects(async () => {
    const stream = await api.chat.completions.create({ model, stream: true, messages: [{ role: 'user', content: 'hi' }] });
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      finish ??= chunk.choices[0]?.finish_reason;
    }
  }, OpenAI.APIError, `${model} looks complete`);
  assert.equal(text, 'half of ', model);
  assert.equal(finish, null, model);
}));

feature('upstream cut midway: responses', () => each(midway, async (model) => {
  let last;
  for await (const event of await api.responses.create({ model, input: 'hi', stream: true })) last = event;
  assert.equal(last.type, 'response.failed', model);
  assert.equal(last.response.status, 'failed');
  assert.ok(last.response.error.message);
  assert.equal((await api.responses.retrieve(last.response.id)).status, 'failed');
  const whole = await api.responses.create({ model, input: 'hi' }).catch((err) => err);
  assert.ok(whole instanceof OpenAI.APIError || whole.status === 'failed', `${model} looks complete`);
}));

feature('client leaves: the upstream is told', async () => {
  const before = await left();
  const stream = await api.chat.completions.create({ model: 'never-ends', stream: true, messages: [{ role: 'user', content: 'hi' }] });
  for await (const chunk of stream) if (chunk.choices[0]?.delta.content === 'more ') break;
  await until(left, (n) => n === before + 1);
});

feature('responses: cancel: the upstream is told', async () => {
  const before = await left();
  const job = await api.responses.create({ model: 'never-ends', input: 'hi', background: true });
  assert.equal((await api.responses.cancel(job.id)).status, 'cancelled');
  await until(left, (n) => n === before + 1);
});
