// What all JavaScript suites share: where the servers are, and one line in the matrix for each feature that is tried.
// It uses nothing but Node itself.

import assert from 'node:assert/strict';
import { appendFileSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

function setting(name) {
  const value = process.env[name];
  assert.ok(value, `${name} is not set; .ci/clients starts the servers and sets it`);
  return value;
}

// url is the root of the server under test, without /v1.
export const url = setting('INNKEEPER_URL');
export const key = setting('INNKEEPER_KEY');

// troubleURL is a server whose agent has a misbehaving upstream.
export const troubleURL = process.env.INNKEEPER_TROUBLE_URL;

// version is the installed version of a package of a suite's folder.
export function version(folder, name) {
  return JSON.parse(readFileSync(join(here, folder, 'node_modules', name, 'package.json'), 'utf8')).version;
}

// client gives the function that tries one feature and records the outcome under the client's name.
export function client(name) {
  const shown = process.env.INNKEEPER_THROUGH ? `${name}, ${process.env.INNKEEPER_THROUGH}` : name;
  return function feature(title, body) {
    test(`${shown}: ${title}`, { timeout: 60_000 }, async () => {
      let outcome = 'fails';
      try {
        await body();
        outcome = 'works';
      } finally {
        record(shown, title, outcome);
      }
    });
  };
}

function record(name, title, outcome) {
  const file = process.env.INNKEEPER_MATRIX;
  if (file) appendFileSync(file, `${name}\t${title}\t${outcome}\n`);
}

// words is a text of n words, each of which the echo agent streams by itself.
export function words(n) {
  return Array.from({ length: n }, (_, i) => `word${i}`).join(' ');
}

// call sends a request without any client library.
export function call(method, path, { body, headers = {}, signal, root = url } = {}) {
  return fetch(root + path, {
    method,
    signal,
    headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
}

// until asks again and again, with a short wait in between, until the answer satisfies; the test's own timeout is its end.
export async function until(ask, satisfies) {
  for (;;) {
    const answer = await ask();
    if (satisfies(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

// events reads a stream of server-sent events: {event, id, data}, data parsed unless it is [DONE]. Comments are left out.
export async function* events(response) {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of response.body) {
    rest += decoder.decode(chunk, { stream: true });
    for (let end; (end = rest.indexOf('\n\n')) >= 0; rest = rest.slice(end + 2)) {
      const frame = { event: undefined, id: undefined, data: undefined };
      for (const line of rest.slice(0, end).split('\n')) {
        const colon = line.indexOf(':');
        if (colon <= 0) continue;
        const value = line.slice(colon + 1).replace(/^ /, '');
        frame[line.slice(0, colon)] = line.startsWith('data:') && value !== '[DONE]' ? JSON.parse(value) : value;
      }
      if (frame.data !== undefined) yield frame;
    }
  }
}
