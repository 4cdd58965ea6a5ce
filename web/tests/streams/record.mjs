// SPDX-License-Identifier: 0BSD
// Records one step of a story as its event stream tells it: `node tests/streams/record.mjs URL > tests/streams/one_step.sse`.
const url = (process.argv[2] ?? "").replace(/\/$/, "");
const post = async (path, body) => (await fetch(url + path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) })).json();
const story = await post("/api/v1/stories", { prompt: "Once upon a time, a lighthouse keeper found a door under the sea.", title: "The Lighthouse Door" });
const stop = new AbortController();
const stream = await fetch(`${url}/api/v1/stories/${story.id}/events`, { signal: stop.signal });
await post(`/api/v1/stories/${story.id}/offers`, { candidates: 3, parent: 0 });
let text = "";
let isAsked = false;
for await (const part of stream.body.pipeThrough(new TextDecoderStream())) {
  text += part;
  const offer = /event: offer\ndata: (.*)\n\n/.exec(text);
  const isDone = /event: request\ndata: .*"state":"done".*\n\n/.test(text);
  if (offer && isDone && !isAsked) {
    isAsked = true;
    await post(`/api/v1/stories/${story.id}/choices`, { offer: JSON.parse(offer[1]).id, index: 1, head: 0, shown: [0, 1, 2] });
  }
  if (/event: choice\ndata: .*\n\n/.test(text)) break;
}
stop.abort();
process.stdout.write(text.replace(/^:.*\n\n/gm, ""));
