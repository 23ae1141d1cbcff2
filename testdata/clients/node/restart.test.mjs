// What clients see of a restart of the adapter's instance: the official client, and plain fetch for runs.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import OpenAI from 'openai';
import { call, client, events, key, until, url, version, words } from '../harness.mjs';

const feature = client(`openai (npm) ${version('node', 'openai')}`);
const plain = client(`fetch (Node ${process.versions.node})`);
const api = new OpenAI({ apiKey: key, baseURL: `${url}/v1`, maxRetries: 0 });
const model = 'innkeeper';

const innkeeper = (...args) => promisify(execFile)(process.env.INNKEEPER_BINARY, [...args, '-c', process.env.INNKEEPER_SERVER_CONFIG]);

async function state() {
  return JSON.parse((await innkeeper('status', '--json')).stdout).adapters[0];
}

// restart returns when the next generation serves. Its predecessor finishes its work beside it, unless it is cut with --now.
async function restart(...flags) {
  const { generation } = await state();
  await innkeeper('restart', 'api_server', ...flags);
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

feature('restart: a client that never retries does not notice', async () => {
  let over = false;
  const ask = async () => {
    for (let i = 0; !over || i < 3; i++) {
      const answer = await api.chat.completions.create({ model, messages: [{ role: 'user', content: 'say hi' }] });
      assert.equal(answer.choices[0].message.content, 'say hi');
    }
  };
  const asking = [ask(), ask()];
  await restart().finally(() => { over = true; });
  await Promise.all(asking);
});

feature('restart: a stream runs to its end', async () => {
  const text = words(2000);
  const stream = await api.responses.create({ model, input: text, stream: true });
  let restarting, last;
  for await (const event of stream) {
    restarting ??= restart();
    last = event;
  }
  assert.equal(last.type, 'response.completed');
  assert.equal(last.response.output[0].content[0].text, text);
  await restarting;
});

feature('restart: a background response runs to its end', async () => {
  const text = words(2000);
  const job = await api.responses.create({ model, input: text, background: true });
  await restart();
  const done = await until(() => api.responses.retrieve(job.id), (now) => !/^(queued|in_progress)$/.test(now.status));
  assert.equal(done.status, 'completed');
  assert.equal(done.output_text, text);
});

plain('restart: a run goes on, and its events can be followed', async () => {
  const run = await (await call('POST', '/v1/runs', { body: { input: words(2000) } })).json();
  await restart();
  let last;
  for await (const event of events(await call('GET', `/v1/runs/${run.id}/events`))) last = event;
  assert.equal(last.data.event, 'run.completed');
});

feature('restart --now: a stream is cut, which its reader can tell', async () => {
  const stream = await api.responses.create({ model, input: words(20_000), stream: true });
  let restarting, last;
  const reading = async () => {
    for await (const event of stream) {
      if (event.type === 'response.output_text.delta') restarting ??= restart('--now');
      last = event;
    }
  };
  await assert.rejects(reading);
  assert.notEqual(last.type, 'response.completed');
  await restarting;
  assert.equal((await api.responses.create({ model, input: 'go on' })).output_text, 'go on');
});

feature('restart --now: a background response is not forgotten', async () => {
  const job = await api.responses.create({ model, input: words(20_000), background: true });
  await restart('--now');
  const left = await api.responses.retrieve(job.id);
  assert.match(left.status, /^(failed|incomplete|cancelled)$/);
});

plain('restart --now: runs are interrupted', async () => {
  const run = await (await call('POST', '/v1/runs', { body: { input: words(20_000) } })).json();
  await restart('--now');
  assert.equal((await (await call('GET', `/v1/runs/${run.id}`)).json()).status, 'interrupted');
  let last;
  for await (const event of events(await call('GET', `/v1/runs/${run.id}/events`))) last = event;
  assert.equal(last.data.event, 'run.interrupted');
});
