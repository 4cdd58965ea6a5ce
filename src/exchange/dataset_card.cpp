// SPDX-License-Identifier: 0BSD
#include "exchange/dataset_card.h"

#include "sample/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace fabula::exchange {
namespace {

constexpr std::size_t most_steps = 40;  // rows of the table; the rest is summed up

/// A text inside a cell of a table.
std::string cell(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '|' || c == '\\' || c == '`' || c == '<') out += '\\';
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    return out;
}

std::string what_it_is(const Manifest& manifest) {
    std::string out = "# " + cell(manifest.title) +
                      "\n\n"
                      "Stories written step by step with language models. At each step several "
                      "continuations were "
                      "offered, each drawn with its own sampling settings, and one was taken, "
                      "edited, or none was. A "
                      "line of `data/` is one offer with all that was offered, its settings, "
                      "log-probabilities and "
                      "what became of it. A line of `pairs/` is a better and a worse continuation "
                      "of one prompt.\n\n";
    out += fmt::format(
        "Pairs come from choices of {}: one for each candidate that stood beside the one that was "
        "taken. Where all were refused, or a person wrote words of their own in place of all, "
        "there "
        "is none.\n",
        manifest.chooser == Chooser::any     ? "persons and of Fabula's score"
        : manifest.chooser == Chooser::score ? "Fabula's score"
                                             : "persons");
    return out;
}

std::string splits_table(const Manifest& manifest) {
    std::string out = "| | stories | offers | pairs |\n|---|--:|--:|--:|\n";
    for (std::size_t i = 0; i < n_splits; ++i) {
        const auto& counts = manifest.splits[i];
        out += fmt::format("| {} | {} | {} | {} |\n", split_names[i], counts.stories, counts.offers,
                           counts.pairs);
    }
    const auto total = manifest.total();
    return out + fmt::format("| all | {} | {} | {} |\n", total.stories, total.offers, total.pairs);
}

std::size_t decided(const Statistics& statistics, DecisionKind kind) {
    return statistics.decisions[static_cast<std::size_t>(kind)];
}

std::string numbers(const Manifest& manifest, const Statistics& statistics) {
    std::string out = "## Numbers\n\n" + splits_table(manifest) + "\n";
    out += fmt::format(
        "{} candidates of {} tokens. Of the offers {} were picked from, {} picked and edited, {} "
        "answered with a person's own words, {} refused, {} left undecided.",
        statistics.candidates, statistics.tokens, decided(statistics, DecisionKind::picked),
        decided(statistics, DecisionKind::edited), decided(statistics, DecisionKind::written),
        decided(statistics, DecisionKind::refused), statistics.undecided);
    for (const auto& [chooser, n] : statistics.choosers)
        out += fmt::format(" {} decided {}.", chooser == "person" ? "Persons" : "The score", n);
    out += fmt::format(" {} ratings. {} users are known", statistics.ratings, manifest.n_users);
    std::size_t most = 0;
    for (const auto& [user, n] : statistics.by_user)
        most = std::max(most, user.empty() ? 0 : n);
    if (most > 0) out += fmt::format("; the busiest decided {} offers", most);
    out += ".\n";
    if (statistics.equal_pairs > 0)
        out +=
            fmt::format("\n{} pairs have the same words on both sides.\n", statistics.equal_pairs);
    return out;
}

std::string by_step(const Statistics& statistics) {
    std::string out = "\n| step | offers | picked from |\n|--:|--:|--:|\n";
    std::size_t rows = 0;
    StepCounts rest;
    for (const auto& [step, counts] : statistics.steps) {
        if (++rows <= most_steps) {
            out += fmt::format("| {} | {} | {} |\n", step, counts.offers, counts.decided);
            continue;
        }
        rest.offers += counts.offers;
        rest.decided += counts.decided;
    }
    if (rest.offers > 0) out += fmt::format("| later | {} | {} |\n", rest.offers, rest.decided);
    return out;
}

std::string by_policy(const Statistics& statistics) {
    std::string out =
        "\n| policy | candidates | shown where one was picked | picked | picked by even chance |\n"
        "|---|--:|--:|--:|--:|\n";
    for (const auto& [policy, counts] : statistics.policies)
        out += fmt::format("| {} | {} | {} | {} | {:.1f} |\n", cell(policy), counts.candidates,
                           counts.shown, counts.picked, counts.expected);
    return out;
}

std::string how_made(const Statistics& statistics) {
    std::string out = "\n## How it was made\n\n";
    if (!statistics.first.empty())
        out += "From " + statistics.first.substr(0, 10) + " to " + statistics.last.substr(0, 10) +
               " (UTC), with Fabula, by these models:\n\n";
    out += "| model | offers | backend | SHA-256 of its file |\n|---|--:|---|---|\n";
    for (const auto& [name, model] : statistics.models)
        out += fmt::format("| {} | {} | {} | {} |\n", cell(name), model.offers, cell(model.backend),
                           cell(model.hash));
    out +=
        "\nA policy draws or sets each candidate's settings; `propensity` is the density with "
        "which "
        "it drew them. Numeric settings that are not the same everywhere, or not at their "
        "default:\n\n| setting | lowest | highest | default |\n|---|--:|--:|--:|\n";
    for (const auto& field : sample::fields()) {
        const auto found = statistics.settings.find(field.name);
        if (found == statistics.settings.end()) continue;
        const Range range = found->second;
        if (range.low == field.standard && range.high == field.standard) continue;
        out += fmt::format("| {} | {:.6g} | {:.6g} | {:.6g} |\n", field.name, range.low, range.high,
                           field.standard);
    }
    return out;
}

std::string how_split(const Manifest& manifest) {
    std::string out = fmt::format(
        "\n## Splits\n\nBy story: all lines of a story are in one split. The SHA-256 of seed {} "
        "and "
        "of the story's identity, as a number from 0 to 1, is held against the shares {:g}, {:g}, "
        "{:g}; a later publication with the same seed and shares puts the same story into the same "
        "split. Different stories may begin with the same words in different splits.\n",
        manifest.split.seed, manifest.split.shares[0], manifest.split.shares[1],
        manifest.split.shares[2]);
    if (!manifest.only.empty())
        out += "\nOnly a part of the stories was published: " + cell(manifest.only) + ".\n";
    return out;
}

std::string left_out(const Manifest& manifest, const Statistics& statistics) {
    std::string out =
        "\n## What was left out\n\nUsers and stories stand under pseudonyms. Titles, places on the "
        "machine and where a story was imported from are not in it.";
    if (!manifest.has_prompts) out += " Prompts and openings were left out.";
    if (manifest.n_redacted_names > 0)
        out += fmt::format(
            " {} names were replaced in all texts by `[NAME1]`, `[NAME2]`, ... wherever they stood "
            "as words, in any case; {} candidates were changed (`redacted`), and have neither "
            "token "
            "ids nor log-probabilities of tokens, which would tell the words. Nothing but these "
            "names was looked for.",
            manifest.n_redacted_names, statistics.redacted);
    else
        out += " No names were replaced: what people wrote stands as they wrote it.";
    return out + "\n";
}

constexpr std::string_view columns = R"(
## Columns

`schema.json` (JSON Schema 2020-12) says it for programs: `$defs/offer` and `$defs/pair`.

| `data/` | meaning |
|---|---|
| `id`, `story`, `step`, `passage`, `number` | the offer; its story (a pseudonym); the step from 1; the passage behind which it was made, and which offer there |
| `prompt`, `system`, `instruction` | what the model saw; absent where prompts are left out |
| `candidates` | what was offered: `index`, `text`, `settings`, `policy`, `propensity`, `n_tokens`, `mean_logprob_model`, `mean_logprob`, `token_ids`, `logprobs_model`, `logprobs` (nats), `score`, `copied_share`, `ending`, `seconds`, `stream`, `redacted`, `created` |
| `shown` | indices in the order in which they stood on the screen |
| `decision`, `picked`, `words` | `picked`, `edited` (`words`: as changed), `written` (`words`: in place of all), `refused`, or null; the index that was taken |
| `chooser`, `reason`, `user`, `seconds`, `decided` | who chose (`person`, `score`), why, under which pseudonym, how long it took, when |
| `n_choices`, `ratings` | how often somebody chose here; what users think of candidates (1, -1) |
| `seed`, `model`, `model_hash`, `adapter_hash`, `backend`, `arithmetic`, `created` | what wrote it, and when |

| `pairs/` | meaning |
|---|---|
| `prompt`, `chosen`, `rejected` | what the model saw, the text that was taken, one that stood beside it |
| `id`, `offer`, `story`, `step`, `chosen_index`, `rejected_index` | where they come from |
| `edited`, `chooser`, `user`, `model` | whether a person changed the words that were taken, who chose, which model wrote them |
)";

constexpr std::string_view limits = R"(
## Limitations

- A pick says that one text was liked better than those beside it, under the settings and the order in which they stood; not that it is good. People pick by position, too: `shown` has it.
- Continuations at a step depend on what was taken before it: the lines of one story are not independent.
- The texts were written by language models and carry what those carry, falsehood and bias included.
- Of each offer the last choice that counts is here; those before it are counted in `n_choices`.
)";

std::string how_to_load(const Manifest& manifest) {
    std::string out = R"(
## Load it

```python
from datasets import load_dataset
choices = load_dataset("path/to/this/folder", "choices")
)";
    if (manifest.total().pairs > 0) {
        out += R"(pairs = load_dataset("path/to/this/folder", "pairs")

from trl import DPOConfig, DPOTrainer   # reads prompt, chosen, rejected
trainer = DPOTrainer(model=model, args=DPOConfig(output_dir="out"), processing_class=tokenizer,
                     train_dataset=pairs["train"].select_columns([)";
        out += manifest.has_prompts ? R"("prompt", "chosen", "rejected"]))"
                                    : R"("chosen", "rejected"]))";
        out += ")\n";
    }
    out += R"(
import pandas
table = pandas.read_json("data/train.jsonl", lines=True, dtype={"seed": str})
```

`sha256sum -c SHA256SUMS` or `fabula dataset check FOLDER` tells whether it is whole.
)";
    return out;
}

}  // namespace

std::string dataset_card(const Manifest& manifest, const Statistics& statistics) {
    std::string out = "---\n" + card_head(manifest) + "---\n\n";
    out += what_it_is(manifest);
    out += columns;
    out += "\n" + numbers(manifest, statistics) + by_step(statistics) + by_policy(statistics);
    out += how_made(statistics);
    out += how_split(manifest);
    out += left_out(manifest, statistics);
    out += limits;
    out += "\n## Licence\n\n" + cell(manifest.license) + "\n";
    out += how_to_load(manifest);
    return out;
}

}  // namespace fabula::exchange
