// What no client library speaks: runs, capabilities, the description of the surface. Plain fetch.

import assert from 'node:assert/strict';
import { call, client, events, until, url, words } from '../harness.mjs';

const feature = client(`fetch (Node ${process.versions.node})`);
const ok = async (response, status = 200) => {
  const text = await response.text();
  const error = text.startsWith('{') ? JSON.parse(text).error?.message ?? text : text;
  assert.equal(response.status, status, error);
  return JSON.parse(text);
};

const start = async (input, more) => ok(await call('POST', '/v1/runs', { body: { model: 'innkeeper', input, ...more } }), 202);
const ended = (id) => until(async () => ok(await call('GET', `/v1/runs/${id}`)), (r) => !['queued', 'in_progress'].includes(r.status));
const follow = async (id, headers) => {
  const response = await call('GET', `/v1/runs/${id}/events`, { headers });
  assert.equal(response.status, 200, await (response.ok ? '' : response.text()));
  const out = [];
  for await (const event of events(response)) out.push(event);
  return out;
};

feature('runs: create, poll', async () => {
  const run = await start('say hi');
  assert.equal((await ended(run.id)).status, 'completed');
});

feature('runs: events, replay, several readers', async () => {
  const run = await start(words(60));
  const [one, two] = await Promise.all([follow(run.id), follow(run.id)]);
  assert.deepEqual(one, two);
  const numbered = one.filter((e) => e.id !== undefined);
  assert.deepEqual(numbered.map((e) => Number(e.id)), numbered.map((_, i) => Number(numbered[0].id) + i));
  const later = await follow(run.id, { 'last-event-id': numbered[9].id });
  assert.equal(later[0].id, numbered[10].id);
});

feature('runs: stop', async () => {
  const run = await start(words(4000));
  await ok(await call('POST', `/v1/runs/${run.id}/stop`));
  assert.equal((await ended(run.id)).status, 'stopped');
});

feature('capabilities', async () => {
  assert.equal(typeof await ok(await call('GET', '/v1/capabilities')), 'object');
  await ok(await fetch(`${url}/v1/capabilities`), 401);
});

feature('health', async () => {
  await ok(await fetch(`${url}/health`));
  await ok(await fetch(`${url}/health/detailed`), 401);
  await ok(await call('GET', '/health/detailed'));
});

feature('OpenAPI description', async () => {
  const description = await ok(await call('GET', '/openapi.json'));
  assert.match(description.openapi, /^3\.1\./);
  assert.ok(description.paths['/v1/responses'].post);
});

feature('request id, security headers', async () => {
  for (const body of [{ model: 'x', messages: [{ role: 'user', content: 'hi' }], stream: true }, { messages: 3 }]) {
    const response = await call('POST', '/v1/chat/completions', { body, headers: { 'x-request-id': 'asked-for-this' } });
    await response.text();
    assert.equal(response.headers.get('x-request-id'), 'asked-for-this');
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
    assert.equal(response.headers.get('referrer-policy'), 'no-referrer');
  }
});

feature('idempotency key on a stream', async () => {
  const headers = { 'idempotency-key': `run-${Date.now()}-${Math.random()}` };
  const ask = async () => (await call('POST', '/v1/responses', { headers, body: { input: 'once more', stream: true } })).text();
  const [one, two] = await Promise.all([ask(), ask()]);
  assert.equal(one, two);
  assert.match(one, /response\.completed/);
  assert.equal(await ask(), one);
});
