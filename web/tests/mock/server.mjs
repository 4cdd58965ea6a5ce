// SPDX-License-Identifier: 0BSD
// A server for the page's tests: docs/formats/http.md without a model. `node tests/mock/server.mjs [--port N] [--data FILE]
// [--token TOKEN] [--token-ms N] [--hostile] [--stories N]`. It says its address on stdout.
import { createServer } from "node:http";
import { existsSync, readFileSync } from "node:fs";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { randomBytes } from "node:crypto";
import { Desk, Refused } from "./desk.mjs";
import { builtIn, policies, schema } from "./settings.mjs";

const options = {};
for (let i = 2; i < process.argv.length; ++i) {
  const name = process.argv[i].replace(/^--/, "");
  options[name] = process.argv[i + 1]?.startsWith("--") || process.argv[i + 1] === undefined ? true : process.argv[++i];
}
const dist = fileURLToPath(new URL("../../dist/", import.meta.url));
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";
const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

const epoch = randomBytes(4).toString("hex");
const logs = new Map(); // story -> [{ id, kind, data }], from number 1 without a gap
const readers = new Map(); // story -> set of answers
const tell = (story, kind, data) => {
  const log = logs.get(story) ?? logs.set(story, []).get(story);
  const event = { id: `${epoch}-${log.length + 1}`, kind, data: JSON.stringify(data) };
  log.push(event);
  for (const each of readers.get(story) ?? []) {
    write(each, event);
    if (kind === "removed") each.end();
  }
};
const write = (to, event) => to.write(`id: ${event.id}\nevent: ${event.kind}\ndata: ${event.data}\n\n`);
const desk = new Desk(options.data ?? null, { tell, tokenMs: Number(options["token-ms"] ?? 12), hostile: options.hostile === true });
for (let i = 0; i < Number(options.stories ?? 0); ++i) desk.begin({ prompt: `Story number ${i + 1} begins where the road ends.`, title: `Road ${i + 1}` });

function events(request, answer, story, query) {
  const log = logs.get(story.id) ?? logs.set(story.id, []).get(story.id);
  answer.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  const last = request.headers["last-event-id"] ?? query.get("last_event_id") ?? "";
  const number = last.startsWith(`${epoch}-`) ? Number(last.slice(epoch.length + 1)) : NaN;
  if (Number.isInteger(number) && number <= log.length) for (const event of log.slice(number)) write(answer, event);
  else write(answer, { id: `${epoch}-${log.length}`, kind: "story", data: JSON.stringify(desk.state(story)) });
  const set = readers.get(story.id) ?? readers.set(story.id, new Set()).get(story.id);
  set.add(answer);
  const beat = setInterval(() => answer.write(": here\n\n"), 15000);
  answer.on("close", () => {
    clearInterval(beat);
    set.delete(answer);
  });
}

function exported(story, format) {
  const text = desk.path(story).map((each) => each.text).join("");
  if (format === "markdown") return ["text/markdown; charset=utf-8", `# ${story.title}\n\n${text}\n`, "md"];
  if (format === "json") return ["application/json", JSON.stringify({ format: "fabula-story", version: 1, story, head: story.head }, null, 2), "json"];
  if (format === "text") return ["text/plain; charset=utf-8", `${text}\n`, "txt"];
  throw new Refused(400, "invalid_input", "format: text, markdown or json");
}

// Handlers by "METHOD path"; {id} matches one segment. Each gives [status, body].
const routes = {
  "GET /api/v1/health": () => [200, { status: "ok", version: "0.1.0", uptime_seconds: process.uptime(), model: "scripted-1", store: "sqlite", schema: 6 }],
  "GET /api/v1/models": () => [200, { models: [{ name: "scripted-1", architecture: "script", parameters: 0, type: "none", window: 2048, backend: "none", arithmetic: "", is_chat: false, is_default: true }] }],
  "GET /api/v1/settings/schema": () => [200, schema],
  "GET /api/v1/presets": () => [200, { presets: builtIn.concat(desk.data.presets) }],
  "PUT /api/v1/presets/{id}": ({ id, body }) => {
    if (builtIn.some((each) => each.name === id)) throw new Refused(409, "conflict", `preset '${id}' is built in`);
    desk.data.presets = desk.data.presets.filter((each) => each.name !== id).concat({ name: id, hint: "", settings: body.settings, is_built_in: false });
    desk.save();
    return [200, desk.data.presets.at(-1)];
  },
  "DELETE /api/v1/presets/{id}": ({ id }) => {
    desk.data.presets = desk.data.presets.filter((each) => each.name !== id);
    desk.save();
    return [204, null];
  },
  "GET /api/v1/policies": () => [200, policies],
  "GET /api/v1/stories": ({ query }) => [200, desk.list({ q: query.get("q") ?? "", limit: query.get("limit") ?? 50, before: query.get("before") })],
  "POST /api/v1/stories": ({ body }) => [201, desk.begin(body)],
  "GET /api/v1/stories/{id}": ({ id }) => [200, desk.whole(desk.story(id))],
  "DELETE /api/v1/stories/{id}": ({ id }) => [204, desk.remove(desk.story(id)) ?? null],
  "GET /api/v1/stories/{id}/statistics": ({ id }) => [200, desk.statistics(desk.story(id))],
  "PUT /api/v1/stories/{id}/notes": ({ id, body }) => [200, desk.note(desk.story(id), body)],
  "POST /api/v1/stories/{id}/offers": ({ id, body }) => [202, desk.ask(desk.story(id), body)],
  "POST /api/v1/offers/{id}/candidates": ({ id, body }) => [202, desk.redraw(id, body)],
  "POST /api/v1/stories/{id}/choices": ({ id, body }) => [201, desk.choose(desk.story(id), body)],
  "POST /api/v1/stories/{id}/passages": ({ id, body }) => [201, desk.write(desk.story(id), body)],
  "POST /api/v1/stories/{id}/moves": ({ id, body }) => [200, desk.move(desk.story(id), body)],
  "POST /api/v1/stories/{id}/ratings": ({ id, body }) => [201, desk.rate(desk.story(id), body)],
  "DELETE /api/v1/requests/{id}": ({ id }) => [200, desk.stop(id)],
};
const keyed = /\/(offers|candidates|choices|passages|ratings|stories)$/;

function matched(method, path) {
  for (const [name, handler] of Object.entries(routes)) {
    const [wanted, shape] = name.split(" ");
    const match = wanted === method && new RegExp(`^${shape.replace("{id}", "([^/]+)")}$`).exec(path);
    if (match) return { handler, id: match[1] };
  }
  return null;
}

function file(answer, path) {
  const name = path === "/" ? "index.html" : normalize(path).replace(/^([./\\])+/, "");
  const at = join(dist, name);
  if (!existsSync(at)) return json(answer, 404, { error: { code: "not_found", message: `there is no ${path}` } });
  answer.writeHead(200, { "Content-Type": types[extname(at)] ?? "application/octet-stream", "Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff" });
  answer.end(readFileSync(at));
}

function json(answer, status, body) {
  answer.writeHead(status, { "Content-Type": "application/json", ...(status === 503 ? { "Retry-After": "1" } : {}) });
  answer.end(status === 204 ? undefined : JSON.stringify(body));
}

function once(key, path, body, handle) {
  if (!key || !keyed.test(path)) return handle();
  const name = `${path} ${key}`;
  const text = JSON.stringify(body);
  const known = desk.data.keys[name];
  if (known && known.body !== text) throw new Refused(409, "conflict", "this Idempotency-Key was used with another body");
  if (known) return known.answer;
  const answer = handle();
  desk.data.keys[name] = { body: text, answer: JSON.parse(JSON.stringify(answer)) };
  desk.save();
  return answer;
}

const server = createServer((request, answer) => {
  const address = new URL(request.url, "http://here");
  const path = decodeURIComponent(address.pathname);
  let text = "";
  request.on("data", (part) => (text += part));
  request.on("end", () => {
    try {
      if (!path.startsWith("/api/")) return file(answer, path);
      const body = text ? JSON.parse(text) : {};
      if (path === "/api/v1/session" && request.method === "POST") {
        if (body.token !== options.token) throw new Refused(401, "unauthorized", "that is not the token");
        answer.setHeader("Set-Cookie", `fabula_token=${options.token}; HttpOnly; SameSite=Strict; Path=/`);
        return json(answer, 204, null);
      }
      if (options.token && path !== "/api/v1/health" && !(request.headers.cookie ?? "").includes(`fabula_token=${options.token}`) && request.headers.authorization !== `Bearer ${options.token}`)
        throw new Refused(401, "unauthorized", "this server asks for a token");
      const stream = /^\/api\/v1\/stories\/([^/]+)\/events$/.exec(path);
      if (stream) return events(request, answer, desk.story(stream[1]), address.searchParams);
      const download = /^\/api\/v1\/stories\/([^/]+)\/export$/.exec(path);
      if (download) {
        const [type, content, end] = exported(desk.story(download[1]), address.searchParams.get("format"));
        answer.writeHead(200, { "Content-Type": type, "Content-Disposition": `attachment; filename="story-${download[1]}.${end}"` });
        return answer.end(content);
      }
      const found = matched(request.method, path) ?? (() => { throw new Refused(404, "not_found", `there is no ${path}`); })();
      const [status, given] = once(request.headers["idempotency-key"], path, body, () => found.handler({ id: found.id, body, query: address.searchParams }));
      return json(answer, status, given);
    } catch (error) {
      if (error instanceof Refused) return json(answer, error.status, { error: { code: error.code, message: error.message } });
      return json(answer, 500, { error: { code: "internal", message: String(error.message) } });
    }
  });
});
server.listen(Number(options.port ?? 0), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
process.on("SIGTERM", () => process.exit(0));
