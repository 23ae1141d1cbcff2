// What clients see of a restart of the adapter's instance: the official client, and plain fetch for runs.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import OpenAI from 'openai';
import { call, client, events, key, until, url, version, words } from '../harness.mjs';

const feature = client(`openai (npm) ${version('node', 'openai')}`);
const plain = client(`fetch (Node ${process.versions.node})`);
const api = new OpenAI({ apiKey: key, baseURL: `${url}/v1`, maxRetries: 0 });
const patient = new OpenAI({ apiKey: key, baseURL: `${url}/v1`, maxRetries: 10 });
const model = 'innkeeper';

const innkeeper = (...args) => promisify(execFile)(process.env.INNKEEPER_BINARY, [...args, '-c', process.env.INNKEEPER_SERVER_CONFIG]);

async function state() {
  return JSON.parse((await innkeeper('status', '--json')).stdout).adapters[0];
}

// restart returns when the next generation serves.
async function restart() {
  const { generation } = await state();
  await innkeeper('restart', 'api_server');
  await until(state, (now) => now.generation > generation && now.state === 'connected');
}

feature('restart: what was stored is there', async () => {
  const headers = { 'Idempotency-Key': `restart-${Date.now()}` };
  const ask = () => api.responses.create({ model, input: 'first words', conversation: 'conv_restart' }, { headers });
  const made = await ask();
  const kept = await api.chat.completions.create({ model, messages: [{ role: 'user', content: 'keep this' }], store: true });
  await restart();
  assert.deepEqual(await api.responses.retrieve(made.id), made);
  assert.deepEqual(await ask(), made);
  assert.equal((await api.chat.completions.retrieve(kept.id)).choices[0].message.content, 'keep this');
  const next = await api.responses.create({ model, input: 'more', conversation: 'conv_restart' });
  assert.ok(next.usage.input_tokens > made.usage.input_tokens);
});

feature('restart: a client that retries does not notice', async () => {
  let over = false;
  const ask = async () => {
    for (let i = 0; !over || i < 3; i++) {
      const answer = await patient.chat.completions.create({ model, messages: [{ role: 'user', content: 'say hi' }] });
      assert.equal(answer.choices[0].message.content, 'say hi');
    }
  };
  const asking = [ask(), ask()];
  await restart().finally(() => { over = true; });
  await Promise.all(asking);
});

feature('restart: a short stream runs to its end', async () => {
  const stream = await api.responses.create({ model, input: words(100), stream: true });
  let restarting, last;
  for await (const event of stream) {
    restarting ??= restart();
    last = event;
  }
  assert.equal(last.type, 'response.completed');
  await restarting;
});

feature('restart: a long stream ends as incomplete', async () => {
  const stream = await api.responses.create({ model, input: words(20_000), stream: true });
  let restarting, last, id;
  for await (const event of stream) {
    id ??= event.response?.id;
    if (event.type === 'response.output_text.delta') restarting ??= restart();
    last = event;
  }
  assert.match(last.type, /^response\.(incomplete|failed)$/);
  await restarting;
  const left = await api.responses.retrieve(id);
  assert.equal(left.status, last.response.status);
  assert.match(left.output_text, /^word0 word1 /);
  assert.equal((await api.responses.create({ model, input: 'go on', previous_response_id: id })).output_text, 'go on');
});

feature('restart: a background response is not forgotten', async () => {
  const job = await api.responses.create({ model, input: words(20_000), background: true });
  await restart();
  const left = await api.responses.retrieve(job.id);
  assert.match(left.status, /^(failed|incomplete|cancelled)$/);
});

plain('restart: runs are interrupted', async () => {
  const run = await (await call('POST', '/v1/runs', { body: { input: words(20_000) } })).json();
  await restart();
  assert.equal((await (await call('GET', `/v1/runs/${run.id}`)).json()).status, 'interrupted');
  let last;
  for await (const event of events(await call('GET', `/v1/runs/${run.id}/events`))) last = event;
  assert.equal(last.data.event, 'run.interrupted');
});
