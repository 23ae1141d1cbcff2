// The Codex CLI, without a terminal, over the responses API. https://developers.openai.com/codex/
//
// It offers its tools, and the echo agent calls the first one with made-up arguments. With its shell tools off that is one that
// runs nothing; the answer then says what the tool said, so that a whole round of calls is seen.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { client, key, url, version } from '../harness.mjs';

const feature = client(`Codex CLI ${version('codex', '@openai/codex')}`);
const binary = fileURLToPath(new URL('node_modules/.bin/codex', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'innkeeper-codex-'));
after(() => rmSync(home, { recursive: true, force: true }));

writeFileSync(join(home, 'config.toml'), `
model = "innkeeper"
model_provider = "innkeeper"
check_for_update_on_startup = false

[analytics]
enabled = false

[features]
shell_tool = false
unified_exec = false

[model_providers.innkeeper]
name = "Innkeeper"
base_url = "${url}/v1"
wire_api = "responses"
env_key = "INNKEEPER_KEY"
request_max_retries = 0
stream_max_retries = 0

[model_providers.socket]
name = "Innkeeper over a WebSocket"
base_url = "${url}/v1"
wire_api = "responses"
env_key = "INNKEEPER_KEY"
supports_websockets = true
request_max_retries = 0
stream_max_retries = 0
`);

// codex runs a command, and gives the events that it printed.
async function codex(...args) {
  const child = spawn(binary, ['exec', ...args], {
    cwd: home,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 45_000,
    env: {
      PATH: process.env.PATH, HOME: home, CODEX_HOME: home, INNKEEPER_KEY: key,
      HTTPS_PROXY: process.env.HTTPS_PROXY, HTTP_PROXY: process.env.HTTP_PROXY, NO_PROXY: process.env.NO_PROXY,
    },
  });
  let out = '', err = '';
  child.stdout.on('data', (data) => { out += data; });
  child.stderr.on('data', (data) => { err += data; });
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  assert.equal(code, 0, err + out);
  return out.trim().split('\n').map((line) => JSON.parse(line));
}

function check(events) {
  const said = events.filter((e) => e.type === 'item.completed' && e.item.type === 'agent_message').map((e) => e.item.text);
  assert.match(said.at(-1), /^tool \w+ said: /);
  assert.equal(events.at(-1).type, 'turn.completed');
  assert.ok(events.at(-1).usage.input_tokens > 0);
}

feature('codex exec', async () => {
  check(await codex('--skip-git-repo-check', '--strict-config', '--sandbox', 'read-only', '--json', 'say hi'));
});

feature('codex exec resume', async () => {
  check(await codex('resume', '--last', '--skip-git-repo-check', '--json', 'and now?'));
});

feature('codex exec over a WebSocket', async () => {
  check(await codex('--skip-git-repo-check', '--strict-config', '--sandbox', 'read-only', '--json', '-c', 'model_provider="socket"', 'say hi'));
});
