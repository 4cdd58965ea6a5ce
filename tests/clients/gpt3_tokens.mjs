// SPDX-License-Identifier: 0BSD
// The tokens of each text of a JSON array on stdin by gpt-3-encoder, one line a text.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const { encode } = createRequire(import.meta.url)("gpt-3-encoder");
const lines = JSON.parse(readFileSync(0, "utf8")).map((text) => encode(text).join(" "));
process.stdout.write(lines.join("\n") + "\n");
