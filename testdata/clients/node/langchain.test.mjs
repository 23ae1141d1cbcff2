// LangChain's OpenAI chat model, over both APIs. https://docs.langchain.com/oss/javascript/integrations/chat/openai

import assert from 'node:assert/strict';
import { HumanMessage, ToolMessage } from '@langchain/core/messages';
import { ChatOpenAI } from '@langchain/openai';
import { client, key, url, version } from '../harness.mjs';

const feature = client(`LangChain (@langchain/openai) ${version('node', '@langchain/openai')}`);

for (const [name, useResponsesApi] of [['chat', false], ['responses', true]]) {
  const model = new ChatOpenAI({ apiKey: key, model: 'innkeeper', useResponsesApi, maxRetries: 0, configuration: { baseURL: `${url}/v1` } });

  feature(`${name}: create`, async () => {
    const answer = await model.invoke('say hi');
    assert.equal(answer.text, 'say hi');
    assert.ok(answer.usage_metadata.total_tokens > 0);
  });

  feature(`${name}: stream`, async () => {
    const pieces = [];
    for await (const chunk of await model.stream('one two three')) if (chunk.text) pieces.push(chunk.text);
    assert.equal(pieces.join(''), 'one two three');
    assert.ok(pieces.length > 1, 'it came in one piece');
  });

  feature(`${name}: function tools`, async () => {
    const bound = model.bindTools([{
      type: 'function',
      function: { name: 'weather', description: 'the weather', parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } },
    }]);
    const question = new HumanMessage('how is it?');
    const asked = await bound.invoke([question]);
    assert.equal(asked.tool_calls[0].name, 'weather');
    assert.equal(typeof asked.tool_calls[0].args.city, 'string');
    const answer = await bound.invoke([question, asked, new ToolMessage({ tool_call_id: asked.tool_calls[0].id, content: 'sunny' })]);
    assert.equal(answer.text, 'tool weather said: sunny');
  });

  feature(`${name}: JSON schema`, async () => {
    const shape = { title: 'place', type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false };
    const answer = await model.withStructuredOutput(shape, { method: 'jsonSchema' }).invoke('a city');
    assert.equal(typeof answer.city, 'string');
  });
}
