// SPDX-License-Identifier: 0BSD
// The official client of OpenAI against `fabula serve`: completions and chat, whole and streamed, n = 3.
// usage: node openai_client.mjs URL
import assert from 'node:assert/strict';
import OpenAI from 'openai';

const client = new OpenAI({ baseURL: `${process.argv[2]}/v1`, apiKey: process.env.FABULA_TOKEN ?? 'none', maxRetries: 0 });
const prompt = 'The well was dry.';
const usual = { max_tokens: 16, n: 3, seed: 3, temperature: 0.9 };

const models = [];
for await (const model of await client.models.list()) models.push(model.id);
assert.equal(models.length, 1);
const model = models[0];

const whole = await client.completions.create({ model, prompt, ...usual });
assert.deepEqual(whole.choices.map((choice) => choice.index), [0, 1, 2]);
assert.ok(whole.choices.every((choice) => choice.text.length > 0));
assert.equal(whole.usage.total_tokens, whole.usage.prompt_tokens + whole.usage.completion_tokens);

const texts = ['', '', ''];
const reasons = [null, null, null];
for await (const chunk of await client.completions.create({ model, prompt, ...usual, stream: true })) {
  for (const choice of chunk.choices) {
    texts[choice.index] += choice.text;
    reasons[choice.index] ??= choice.finish_reason;
  }
}
assert.deepEqual(texts, whole.choices.map((choice) => choice.text), 'streamed and whole are the same words');
assert.deepEqual(reasons, whole.choices.map((choice) => choice.finish_reason));

const messages = [
  { role: 'system', content: 'You write short stories.' },
  { role: 'user', content: prompt },
];
const chat = await client.chat.completions.create({ model, messages, ...usual, logprobs: true, top_logprobs: 2 });
assert.equal(chat.choices.length, 3);
assert.ok(chat.choices.every((choice) => choice.message.role === 'assistant' && choice.message.content.length > 0));
const tokens = chat.choices[0].logprobs.content;
assert.equal(tokens.map((token) => token.token).join(''), chat.choices[0].message.content);
assert.ok(tokens.every((token) => token.logprob <= 0 && token.top_logprobs.length === 2));

const said = ['', '', ''];
let usage = null;
const stream = await client.chat.completions.create({
  model, messages, ...usual, stream: true, stream_options: { include_usage: true },
});
for await (const chunk of stream) {
  for (const choice of chunk.choices) said[choice.index] += choice.delta.content ?? '';
  usage = chunk.usage ?? usage;
}
assert.deepEqual(said, chat.choices.map((choice) => choice.message.content));
assert.deepEqual(usage, chat.usage);

await assert.rejects(client.completions.create({ model: 'gpt-9', prompt }), (error) => error.status === 404);
await assert.rejects(client.completions.create({ model, prompt, n: 9 }), (error) => error.status === 400);
console.log('openai client: models, completions and chat, whole and streamed, n = 3');
