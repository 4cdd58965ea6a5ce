// SPDX-License-Identifier: 0BSD
#include "exchange/dataset_card.h"
#include "sample/settings.h"

#include <string_view>

namespace fabula::exchange {
namespace {

/// A text in YAML's double quotes.
std::string quoted(const std::string& text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') out += '\\';
        if (byte < 0x20 || byte == 0x7F) {
            out += "\\x";
            out += digits[byte >> 4U];
            out += digits[byte & 15U];
        } else {
            out += c;
        }
    }
    return out + "\"";
}

const char* size_category(std::size_t n) {
    if (n < 1'000) return "n<1K";
    if (n < 10'000) return "1K<n<10K";
    if (n < 100'000) return "10K<n<100K";
    if (n < 1'000'000) return "100K<n<1M";
    if (n < 10'000'000) return "1M<n<10M";
    return "n>10M";
}

void add_data_files(const Manifest& manifest, const char* folder, std::size_t SplitCounts::*lines,
                    std::string& out) {
    out += "  data_files:\n";
    for (std::size_t i = 0; i < n_splits; ++i) {
        if (manifest.splits[i].*lines == 0) continue;
        out.append("  - split: ").append(split_names[i]).append("\n");
        out.append("    path: ")
            .append(folder)
            .append("/")
            .append(split_names[i])
            .append(".jsonl\n");
    }
}

/// Columns of a configuration, each behind `indent` spaces.
class Columns {
public:
    Columns(std::string& out, std::size_t indent) : out_(out), indent_(indent, ' ') {}

    void add(const std::string& name, const char* type) {
        out_ += indent_ + "- name: " + name + "\n" + indent_ + "  dtype: " + type + "\n";
    }
    void add_all(const char* type, std::initializer_list<const char*> names) {
        for (const char* const name : names)
            add(name, type);
    }
    void add_list(const std::string& name, const char* type) {
        out_ += indent_ + "- name: " + name + "\n" + indent_ + "  sequence: " + type + "\n";
    }
    /// `kind` is "list" (of objects) or "struct"; the columns of the objects.
    Columns open(const std::string& name, const char* kind) {
        out_ += indent_ + "- name: " + name + "\n" + indent_ + "  " + kind + ":\n";
        return {out_, indent_.size() + 2};
    }

private:
    std::string& out_;
    std::string indent_;
};

void add_settings(Columns columns) {
    for (const auto& field : sample::fields())
        columns.add(field.name, field.is_whole ? "int64" : "float64");
    using Kind = sample::OtherField::Kind;
    for (const auto& field : sample::other_fields()) {
        if (field.kind == Kind::boolean) {
            columns.add(field.name, "bool");
        } else if (field.kind == Kind::biases) {
            auto biases = columns.open(field.name, "list");
            biases.add("token_id", "int64");
            biases.add("bias", "float64");
        } else {
            columns.add_list(field.name, "string");
        }
    }
}

void add_candidates(Columns columns) {
    columns.add("index", "int64");
    columns.add("text", "string");
    add_settings(columns.open("settings", "struct"));
    columns.add("policy", "string");
    columns.add("propensity", "float64");
    columns.add("n_tokens", "int64");
    columns.add_all("float64", {"mean_logprob_model", "mean_logprob"});
    columns.add_list("token_ids", "int64");
    columns.add_list("logprobs_model", "float64");
    columns.add_list("logprobs", "float64");
    columns.add_all("float64", {"score", "copied_share"});
    columns.add("ending", "string");
    columns.add("seconds", "float64");
    columns.add("stream", "string");
    columns.add("redacted", "bool");
    columns.add("created", "string");
}

void add_offers(Columns columns, bool has_prompts) {
    columns.add_all("string", {"id", "story"});
    columns.add_all("int64", {"step", "passage", "number"});
    if (has_prompts) columns.add_all("string", {"prompt", "system", "instruction"});
    add_candidates(columns.open("candidates", "list"));
    columns.add_list("shown", "int64");
    columns.add("decision", "string");
    columns.add("picked", "int64");
    columns.add_all("string", {"words", "chooser", "reason", "user"});
    columns.add("seconds", "float64");
    columns.add("decided", "string");
    columns.add("n_choices", "int64");
    auto ratings = columns.open("ratings", "list");
    ratings.add_all("int64", {"index", "rating"});
    ratings.add_all("string", {"reason", "user", "created"});
    columns.add_all("string", {"seed", "model", "model_hash", "adapter_hash", "backend",
                               "arithmetic", "created"});
}

void add_pairs(Columns columns, bool has_prompts) {
    if (has_prompts) columns.add("prompt", "string");
    columns.add_all("string", {"chosen", "rejected", "id", "offer", "story"});
    columns.add_all("int64", {"step", "chosen_index", "rejected_index"});
    columns.add("edited", "bool");
    columns.add_all("string", {"chooser", "user", "model"});
}

}  // namespace

std::string card_head(const Manifest& manifest) {
    const SplitCounts total = manifest.total();
    std::string out = "license: " + quoted(manifest.license) + "\n";
    if (!manifest.languages.empty()) out += "language:\n";
    for (const auto& language : manifest.languages)
        out += "- " + quoted(language) + "\n";
    out += "pretty_name: " + quoted(manifest.title) + "\n";
    out += "task_categories:\n- text-generation\n";
    out +=
        "tags:\n- preference\n- dpo\n- creative-writing\n- story\n- sampling-settings\n- fabula\n";
    out += std::string("size_categories:\n- ") + size_category(total.offers) + "\n";
    if (total.offers == 0) return out;
    out += "configs:\n- config_name: choices\n  default: true\n";
    add_data_files(manifest, "data", &SplitCounts::offers, out);
    if (total.pairs > 0) {
        out += "- config_name: pairs\n";
        add_data_files(manifest, "pairs", &SplitCounts::pairs, out);
    }
    out += "dataset_info:\n- config_name: choices\n  features:\n";
    add_offers({out, 2}, manifest.has_prompts);
    if (total.pairs > 0) {
        out += "- config_name: pairs\n  features:\n";
        add_pairs({out, 2}, manifest.has_prompts);
    }
    return out;
}

}  // namespace fabula::exchange
