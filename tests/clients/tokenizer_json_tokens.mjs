// SPDX-License-Identifier: 0BSD
// The tokens of each text of a JSON array on stdin by Hugging Face's tokenizers.js and the tokenizer.json that is named,
// one line a text, without what a post-processor adds.
import { readFileSync } from "node:fs";
import { Tokenizer } from "@huggingface/tokenizers";

const tokenizer = new Tokenizer(JSON.parse(readFileSync(process.argv[2], "utf8")), {});
const lines = JSON.parse(readFileSync(0, "utf8")).map((text) => tokenizer.encode(text, { add_special_tokens: false }).ids.join(" "));
process.stdout.write(lines.join("\n") + "\n");
