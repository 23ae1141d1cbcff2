// The Vercel AI SDK with its OpenAI provider, over both APIs. https://ai-sdk.dev/providers/ai-sdk-providers/openai

import assert from 'node:assert/strict';
import { createOpenAI } from '@ai-sdk/openai';
import { generateText, isStepCount, jsonSchema, Output, streamText, tool } from 'ai';
import { client, key, url, version } from '../harness.mjs';

const feature = client(`AI SDK ${version('node', 'ai')}`);
const provider = createOpenAI({ apiKey: key, baseURL: `${url}/v1` });
const schema = jsonSchema({ type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false });

for (const [api, model] of [['chat', provider.chat('innkeeper')], ['responses', provider.responses('innkeeper')]]) {
  const common = { model, maxRetries: 0 };

  feature(`${api}: create`, async () => {
    const { text, finishReason, usage } = await generateText({ ...common, prompt: 'say hi' });
    assert.equal(text, 'say hi');
    assert.equal(finishReason, 'stop');
    assert.ok(usage.outputTokens > 0);
  });

  feature(`${api}: stream`, async () => {
    const pieces = [];
    const stream = streamText({ ...common, prompt: 'one two three', onError: ({ error }) => { throw error; } });
    for await (const piece of stream.textStream) pieces.push(piece);
    assert.equal(pieces.join(''), 'one two three');
    assert.ok(pieces.length > 1, 'it came in one piece');
    assert.equal(await stream.finishReason, 'stop');
  });

  feature(`${api}: function tools`, async () => {
    const calls = [];
    const tools = { weather: tool({ description: 'the weather', inputSchema: schema, execute: async (args) => { calls.push(args); return 'sunny'; } }) };
    const stream = streamText({ ...common, tools, prompt: 'how is it?', stopWhen: isStepCount(3) });
    assert.match(await stream.text, /^tool weather said: .*sunny/);
    assert.equal(typeof calls[0].city, 'string');
    const whole = await generateText({ ...common, tools, prompt: 'how is it?', stopWhen: isStepCount(3) });
    assert.match(whole.text, /^tool weather said: .*sunny/);
    assert.equal(calls.length, 2);
  });

  feature(`${api}: JSON schema`, async () => {
    const { output } = await generateText({ ...common, prompt: 'a city', output: Output.object({ schema }) });
    assert.equal(typeof output.city, 'string');
  });
}
