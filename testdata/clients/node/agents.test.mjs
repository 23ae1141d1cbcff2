// The OpenAI Agents SDK, over both APIs. https://openai.github.io/openai-agents-js/

import assert from 'node:assert/strict';
import { Agent, OpenAIChatCompletionsModel, OpenAIResponsesModel, OpenAIResponsesWSModel, run, setTracingDisabled, tool } from '@openai/agents';
import OpenAI from 'openai';
import WebSocket from 'ws';
import { z } from 'zod';
import { client, key, url, version } from '../harness.mjs';

setTracingDisabled(true);
globalThis.WebSocket ??= WebSocket; // Node has one of its own from 22 on
const feature = client(`OpenAI Agents SDK ${version('node', '@openai/agents')}`);
const api = new OpenAI({ apiKey: key, baseURL: `${url}/v1`, maxRetries: 0 });

for (const [name, model] of [
  ['chat', new OpenAIChatCompletionsModel(api, 'innkeeper')],
  ['responses', new OpenAIResponsesModel(api, 'innkeeper')],
]) {
  const common = { name: 'guide', instructions: 'be brief', model };

  feature(`${name}: create`, async () => {
    assert.equal((await run(new Agent(common), 'say hi')).finalOutput, 'say hi');
  });

  feature(`${name}: stream`, async () => {
    const result = await run(new Agent(common), 'one two three', { stream: true });
    let text = '';
    for await (const piece of result.toTextStream()) text += piece;
    await result.completed;
    assert.equal(text, 'one two three');
    assert.equal(result.finalOutput, 'one two three');
  });

  feature(`${name}: function tools`, async () => {
    const calls = [];
    const weather = tool({
      name: 'weather', description: 'the weather', parameters: z.object({ city: z.string() }),
      execute: async (args) => { calls.push(args); return 'sunny'; },
    });
    const guide = new Agent({ ...common, tools: [weather] });
    assert.equal((await run(guide, 'how is it?')).finalOutput, 'tool weather said: sunny');
    const streamed = await run(guide, 'how is it?', { stream: true });
    await streamed.completed;
    assert.equal(streamed.finalOutput, 'tool weather said: sunny');
    assert.equal(calls.length, 2);
  });

  feature(`${name}: JSON schema`, async () => {
    const guide = new Agent({ ...common, outputType: z.object({ city: z.string() }) });
    assert.equal(typeof (await run(guide, 'a city')).finalOutput.city, 'string');
  });
}

feature('websocket: create, function tools', async () => {
  const model = new OpenAIResponsesWSModel(api, 'innkeeper');
  const weather = tool({ name: 'weather', description: 'the weather', parameters: z.object({ city: z.string() }), execute: async () => 'sunny' });
  assert.equal((await run(new Agent({ name: 'guide', model }), 'say hi')).finalOutput, 'say hi');
  assert.equal((await run(new Agent({ name: 'guide', model, tools: [weather] }), 'how is it?')).finalOutput, 'tool weather said: sunny');
  await model.close();
});
