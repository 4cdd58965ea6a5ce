// SPDX-License-Identifier: 0BSD
// Stories, offers and choices as docs/formats/http.md has them, in one value that is written to a file at each
// change, before anybody hears of it. It knows no sockets; what happened goes to `tell`.
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { builtIn, drawn, standard, wrongSetting } from "./settings.mjs";
import { numbers, piecesOf } from "./words.mjs";

export class Refused extends Error {
  constructor(status, code, message) {
    super(message);
    Object.assign(this, { status, code });
  }
}
const refuse = (status, code, message) => { throw new Refused(status, code, message); };
const isOpen = (request) => request.state === "waiting" || request.state === "claimed";

export class Desk {
  constructor(file, { tell, tokenMs = 12, hostile = false }) {
    this.file = file;
    this.tell = tell;
    this.tokenMs = tokenMs;
    this.hostile = hostile;
    this.live = new Map(); // request -> texts
    this.data = file && existsSync(file) ? JSON.parse(readFileSync(file, "utf8"))
      : { next: { story: 1, offer: 1, request: 1 }, stories: [], keys: {}, presets: [] };
    // What was being drawn when the server died is drawn again.
    for (const story of this.data.stories) for (const request of story.requests) if (request.state === "claimed") request.state = "waiting";
    setTimeout(() => this.work(), 50);
  }

  save() {
    if (!this.file) return;
    writeFileSync(`${this.file}.new`, JSON.stringify(this.data));
    renameSync(`${this.file}.new`, this.file);
  }

  story(id) {
    return this.data.stories.find((each) => each.id === Number(id)) ?? refuse(404, "not_found", `there is no story ${id}`);
  }

  told(story, kind, data) {
    story.version = String(Number(story.version) + 1);
    story.changed = Date.now();
    this.save();
    this.tell(story.id, kind, data);
  }

  whole(story) {
    const { changed, ...all } = story;
    void changed;
    return { ...all, requests: story.requests.filter(isOpen) };
  }

  state(story) {
    const live = story.requests.filter((each) => this.live.has(each.id)).map((each) => ({ request: each.id, texts: this.live.get(each.id) }));
    return { ...this.whole(story), live };
  }

  only(body, names) {
    for (const name of Object.keys(body)) if (!names.includes(name)) refuse(400, "invalid_input", `unknown field '${name}'`);
  }

  begin(body) {
    this.only(body, ["prompt", "title", "seed", "instruction", "source"]);
    if (typeof body.prompt !== "string" || body.prompt.trim() === "") refuse(400, "invalid_input", "prompt: a story needs an opening");
    const now = Date.now();
    const story = {
      id: this.data.next.story++, title: body.title ?? body.prompt.split(/\s+/).slice(0, 6).join(" "), seed: body.seed ?? "7", model: "scripted-1",
      instruction: body.instruction ?? "", created: now, changed: now, version: "1", head: 0,
      passages: [{ id: 0, parent: null, origin: "opening", text: body.prompt, offer: null, index: null, created: now }],
      offers: [], choices: [], ratings: [], notes: { memory: "", author_note: "" }, requests: [], moves: [0],
    };
    this.data.stories.push(story);
    this.save();
    return this.whole(story);
  }

  ask(story, body) {
    this.only(body, ["candidates", "settings", "policy", "preset", "parent", "user"]);
    if (body.parent !== undefined && body.parent !== story.head) refuse(409, "conflict", `the story stands at passage ${story.head}, not at ${body.parent}`);
    if (!Number.isInteger(body.candidates) || body.candidates < 1 || body.candidates > 8) refuse(400, "invalid_input", "candidates: 1 to 8");
    const wrong = wrongSetting(body.settings ?? {});
    if (wrong) refuse(400, "invalid_input", wrong);
    const preset = body.preset ? (builtIn.concat(this.data.presets).find((each) => each.name === body.preset) ?? refuse(404, "not_found", `there is no preset '${body.preset}'`)) : null;
    return this.queue(story, { kind: "offer", parent: story.head, offer: null, replaces: null, candidates: body.candidates }, { settings: { ...preset?.settings, ...body.settings }, policy: body.policy ?? "random" });
  }

  redraw(id, body) {
    this.only(body, ["replaces", "settings"]);
    const story = this.data.stories.find((each) => each.offers.some((offer) => offer.id === Number(id))) ?? refuse(404, "not_found", `there is no offer ${id}`);
    const offer = story.offers.find((each) => each.id === Number(id));
    const wrong = wrongSetting(body.settings ?? {});
    if (wrong) refuse(400, "invalid_input", wrong);
    return this.queue(story, { kind: "redraw", parent: offer.parent, offer: offer.id, replaces: body.replaces ?? null, candidates: 1 }, { settings: body.settings ?? {}, policy: "random" });
  }

  queue(story, what, how) {
    const request = {
      id: this.data.next.request++, story: story.id, ...what, state: "waiting", position: this.waiting().length, step: this.depth(story, what.parent) + 1, error: "", created: Date.now(),
    };
    story.requests.push(request);
    story.how = { ...story.how, [request.id]: how };
    this.told(story, "request", request);
    this.work();
    return request;
  }

  waiting() {
    return this.data.stories.flatMap((each) => each.requests).filter((each) => each.state === "waiting").sort((a, b) => a.id - b.id);
  }

  depth(story, passage) {
    let depth = 0;
    for (let at = story.passages[passage]; at && at.parent !== null; at = story.passages[at.parent]) ++depth;
    return depth;
  }

  work() {
    if (this.drawing) return;
    const request = this.waiting()[0];
    if (!request) return;
    this.drawing = true;
    const story = this.story(request.story);
    request.state = "claimed";
    request.position = null;
    this.told(story, "request", request);
    this.draw(story, request).finally(() => {
      this.drawing = false;
      this.live.delete(request.id);
      this.work();
    });
  }

  async draw(story, request) {
    const how = story.how[request.id];
    const offer = request.offer === null ? null : story.offers.find((each) => each.id === request.offer);
    const number = offer?.number ?? story.offers.filter((each) => each.parent === request.parent).length;
    const first = offer?.candidates.length ?? 0;
    const indices = Array.from({ length: request.candidates }, (_, i) => first + i);
    const settings = indices.map((index) => this.settings(story, request, number, index, how));
    const texts = indices.map(() => "");
    this.live.set(request.id, texts);
    this.told(story, "step", { request: request.id, parent: request.parent, step: request.step, number, replaces: request.replaces, settings, indices, policy: how.policy });
    const pieces = indices.map((index, i) => piecesOf(this.seed(story, request.parent, number, index), settings[i].max_new_tokens, this.hostile && index === 1));
    const most = Math.max(...pieces.map((each) => each.length));
    const started = Date.now();
    for (let at = 0; at < most && request.state === "claimed"; ++at) {
      await new Promise((done) => setTimeout(done, this.tokenMs));
      for (let i = 0; i < indices.length; ++i) {
        if (at >= pieces[i].length || request.state !== "claimed") continue;
        texts[i] += pieces[i][at];
        this.tell(story.id, "text", { request: request.id, index: indices[i], text: pieces[i][at] });
      }
    }
    if (!this.data.stories.includes(story)) return;
    const now = Date.now();
    const kept = offer ?? { id: this.data.next.offer++, parent: request.parent, number, step: request.step, model: story.model, created: now, candidates: [], slots: [] };
    const candidates = indices.map((index, i) => ({
      index, text: texts[i], tokens: Math.max(1, pieces[i].length), settings: settings[i], policy: how.policy, propensity: null,
      ending: request.state === "claimed" ? "sentence_end" : "stopped", score: -1.5 - i / 10, mean_logprob: -1.5 - i / 10, copied_share: i * 0.08,
      seconds: Math.max(0.01, (now - started) / 1000), words_reach: null,
    }));
    for (const candidate of candidates) {
      kept.candidates.push(candidate);
      const at = kept.slots.indexOf(request.replaces);
      if (request.replaces !== null && at >= 0) kept.slots[at] = candidate.index;
      else kept.slots.push(candidate.index);
    }
    if (!offer) story.offers.push(kept);
    request.offer = kept.id;
    for (const candidate of candidates) this.told(story, "candidate", { request: request.id, offer: kept.id, candidate });
    this.told(story, "offer", kept);
    request.state = "done";
    this.told(story, "request", request);
  }

  seed(story, parent, number, index) {
    return (Number(story.seed) || 7) * 7919 + parent * 104729 + number * 1299709 + index * 15485863;
  }

  settings(story, request, number, index, how) {
    const next = numbers(this.seed(story, request.parent, number, index) + 1);
    const all = { ...standard };
    if (!how.policy.startsWith("fixed"))
      Object.assign(all, { temperature: Math.round((0.4 + next() * 1.1) * 100) / 100, top_k: Math.round(20 + next() * 200), typical_p: Math.round((0.6 + next() * 0.4) * 100) / 100, max_new_tokens: Math.round(30 + next() * 40) });
    void drawn;
    return { ...all, ...how.settings };
  }

  stop(id) {
    const story = this.data.stories.find((each) => each.requests.some((request) => request.id === Number(id))) ?? refuse(404, "not_found", `there is no request ${id}`);
    const request = story.requests.find((each) => each.id === Number(id));
    if (isOpen(request)) {
      request.state = "cancelled";
      request.position = null;
      this.told(story, "request", request);
    }
    return request;
  }

  add(story, passage) {
    const whole = { id: story.passages.length, offer: null, index: null, created: Date.now(), ...passage };
    story.passages.push(whole);
    story.head = whole.id;
    story.moves.push(whole.id);
    return whole;
  }

  choose(story, body) {
    this.only(body, ["offer", "index", "text", "reason", "user", "shown", "seconds", "head"]);
    if (body.head !== story.head) refuse(409, "conflict", `the story stands at passage ${story.head}, not at ${body.head}`);
    const offer = story.offers.find((each) => each.id === body.offer) ?? refuse(404, "not_found", `there is no offer ${body.offer}`);
    if (offer.parent !== story.head) refuse(409, "conflict", `offer ${offer.id} stands at passage ${offer.parent}`);
    let passage = null;
    if (body.index != null) {
      const candidate = offer.candidates.find((each) => each.index === body.index) ?? refuse(404, "not_found", `there is no candidate ${body.index}`);
      const isEdited = body.text != null && body.text !== candidate.text;
      passage = this.add(story, { parent: story.head, origin: isEdited ? "edited" : "generated", text: isEdited ? body.text : candidate.text, offer: offer.id, index: body.index });
    } else if (body.text != null) passage = this.add(story, { parent: story.head, origin: "written", text: body.text });
    const choice = { offer: offer.id, index: body.index ?? null, passage: passage?.id ?? story.head, chooser: "person", reason: body.reason ?? "", user: body.user ?? "", created: Date.now() };
    story.choices.push(choice);
    this.told(story, "choice", { choice, passage, head: story.head });
    return { passage, head: story.head };
  }

  write(story, body) {
    this.only(body, ["parent", "text", "origin"]);
    if (body.parent !== story.head) refuse(409, "conflict", `the story stands at passage ${story.head}, not at ${body.parent}`);
    const passage = this.add(story, { parent: body.parent, origin: body.origin, text: body.text });
    this.told(story, "passage", { passage, head: story.head });
    return { passage };
  }

  move(story, body) {
    this.only(body, ["kind", "to"]);
    if (body.kind === "undo") {
      const at = story.passages[story.head];
      if (at.parent === null) refuse(409, "conflict", "the story stands at its opening");
      story.head = at.parent;
    } else {
      if (!story.passages[body.to]) refuse(404, "not_found", `there is no passage ${body.to}`);
      story.head = body.to;
    }
    this.told(story, "move", { kind: body.kind, head: story.head });
    return { head: story.head };
  }

  rate(story, body) {
    this.only(body, ["offer", "index", "rating", "reason", "user"]);
    const rating = { reason: "", user: "", ...body, created: Date.now() };
    story.ratings.push(rating);
    this.told(story, "rating", rating);
    return rating;
  }

  note(story, body) {
    this.only(body, ["memory", "author_note"]);
    story.notes = { ...story.notes, ...body };
    this.told(story, "notes", story.notes);
    return story.notes;
  }

  remove(story) {
    this.data.stories.splice(this.data.stories.indexOf(story), 1);
    this.save();
    this.tell(story.id, "removed", {});
  }

  path(story) {
    const path = [];
    for (let at = story.passages[story.head]; at; at = at.parent === null ? null : story.passages[at.parent]) path.unshift(at);
    return path;
  }

  list({ q = "", limit = 50, before = null }) {
    const wanted = q.toLowerCase();
    const all = this.data.stories
      .filter((each) => wanted === "" || each.title.toLowerCase().includes(wanted) || each.passages.some((passage) => passage.text.toLowerCase().includes(wanted)))
      .sort((a, b) => b.changed - a.changed || b.id - a.id);
    const from = before === null ? 0 : all.findIndex((each) => each.id === Number(before)) + 1;
    const page = all.slice(from, from + Number(limit));
    return {
      stories: page.map((each) => ({
        id: each.id, title: each.title, created: each.created, changed: each.changed, passages: each.passages.length, model: each.model,
        candidates: each.offers.reduce((sum, offer) => sum + offer.candidates.length, 0), words: this.path(each).map((passage) => passage.text).join("").split(/\s+/).length,
      })),
      next: from + page.length < all.length ? page[page.length - 1].id : null,
    };
  }

  statistics(story) {
    const spread = (values) => {
      const mean = values.length ? values.reduce((a, b) => a + b, 0) / values.length : null;
      const sd = values.length > 1 ? Math.sqrt(values.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (values.length - 1)) : null;
      return { n: values.length, mean, sd };
    };
    const names = ["temperature", "top_k", "typical_p", "max_new_tokens"];
    const of = (candidates) => Object.fromEntries(names.map((name) => [name, spread(candidates.map((each) => each.settings[name]))]));
    const steps = [...new Set(story.offers.map((each) => each.step))].sort((a, b) => a - b).map((step) => {
      const offers = story.offers.filter((each) => each.step === step);
      const picked = offers.flatMap((offer) => offer.candidates.filter((each) => story.passages.some((passage) => passage.offer === offer.id && passage.index === each.index)));
      return { step, picked: of(picked), shown: of(offers.flatMap((each) => each.candidates)) };
    });
    const path = this.path(story);
    let at = 0;
    const repetition = path.map((each, i) => ({ passage: each.id, begin: at, end: (at += each.text.length), copied_share: i % 4 === 3 ? 0.35 : i === 0 ? 0 : 0.04 }));
    return {
      steps, repetition,
      speed: story.offers.map((offer) => {
        const tokens = offer.candidates.reduce((sum, each) => sum + each.tokens, 0);
        const seconds = Math.max(...offer.candidates.map((each) => each.seconds));
        return { offer: offer.id, tokens, seconds, tokens_per_second: tokens / seconds };
      }),
      totals: {
        passages: path.length, offers: story.offers.length, candidates: story.offers.reduce((sum, each) => sum + each.candidates.length, 0),
        picked: story.choices.filter((each) => each.index !== null).length, words: path.map((each) => each.text).join("").split(/\s+/).length,
      },
    };
  }
}
