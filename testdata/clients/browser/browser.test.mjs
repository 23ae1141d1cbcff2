// A page of another origin in headless Chromium, by hand and with the official client.
// https://fetch.spec.whatwg.org/#http-cors-protocol

import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { chromium } from 'playwright-core';
import { client, key, url } from '../harness.mjs';

const port = process.env.INNKEEPER_PAGES_PORT;
const executablePath = process.env.CHROMIUM;
const api = { url, key };

const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const feature = client(`Chromium ${browser.version()}`);

let listed, unlisted;
before(async () => {
  [listed, unlisted] = await Promise.all(['localhost', '127.0.0.1'].map(async (host) => {
    const page = await (await browser.newContext()).newPage();
    await page.goto(`http://${host}:${port}/`);
    return page;
  }));
});
after(() => browser.close());

feature('page: call with the key', async () => {
  const seen = await listed.evaluate(async ({ url, key }) => {
    const headers = { 'authorization': `Bearer ${key}`, 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() };
    const made = await fetch(`${url}/v1/responses`, { method: 'POST', headers, body: JSON.stringify({ input: 'from a page' }) });
    const { id, output } = await made.json();
    const kept = await fetch(`${url}/v1/responses/${id}`, { headers });
    const gone = await fetch(`${url}/v1/responses/${id}`, { method: 'DELETE', headers });
    return { text: output[0].content[0].text, statuses: [made.status, kept.status, gone.status], id: made.headers.get('x-request-id') };
  }, api);
  assert.deepEqual(seen.statuses, [200, 200, 200]);
  assert.equal(seen.text, 'from a page');
  assert.ok(seen.id, 'the page cannot read X-Request-Id');
});

feature('page: stream', async () => {
  const { text, reads } = await listed.evaluate(async ({ url, key }) => {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'authorization': `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ stream: true, messages: [{ role: 'user', content: 'word '.repeat(100) }] }),
    });
    const decoder = new TextDecoder();
    let text = '', reads = 0;
    for (const reader = response.body.getReader(); ;) {
      const { done, value } = await reader.read();
      if (done) return { text, reads };
      text += decoder.decode(value, { stream: true });
      reads++;
    }
  }, api);
  assert.match(text, /data: \[DONE\]\n\n$/);
  assert.ok(reads > 3, `it came in ${reads} reads`);
});

feature('page: errors can be read', async () => {
  const error = await listed.evaluate(async ({ url }) => {
    const response = await fetch(`${url}/v1/models`, { headers: { authorization: 'Bearer not-the-key-at-all' } });
    return { status: response.status, ...(await response.json()).error };
  }, api);
  assert.equal(error.status, 401);
  assert.equal(error.code, 'invalid_api_key');
});

feature('page: official client', async () => {
  const seen = await listed.evaluate(async ({ url, key }) => {
    const { default: OpenAI } = await import('/openai/index.mjs');
    const api = new OpenAI({ apiKey: key, baseURL: `${url}/v1`, maxRetries: 0, dangerouslyAllowBrowser: true });
    const answer = await api.responses.create({ model: 'innkeeper', input: 'from a page' });
    let streamed = '';
    for await (const event of await api.responses.create({ model: 'innkeeper', input: 'from a page', stream: true })) {
      if (event.type === 'response.output_text.delta') streamed += event.delta;
    }
    return [answer.output_text, streamed];
  }, api);
  assert.deepEqual(seen, ['from a page', 'from a page']);
});

feature('page: other origins are refused', async () => {
  const outcome = await unlisted.evaluate(async ({ url, key }) => {
    const tries = {
      preflight: { headers: { authorization: `Bearer ${key}` } },
      simple: {},
    };
    const seen = {};
    for (const [name, init] of Object.entries(tries)) {
      seen[name] = await fetch(`${url}/v1/models`, init).then((r) => `answered ${r.status}`, (err) => err.name);
    }
    return seen;
  }, api);
  assert.deepEqual(outcome, { preflight: 'TypeError', simple: 'TypeError' });
});
