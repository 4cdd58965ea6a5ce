// SPDX-License-Identifier: 0BSD
#include "model/hugging_face/tokenizer_file.h"

#include "model/hugging_face/merge_scores.h"
#include "model/hugging_face/text_split.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <set>
#include <string_view>
#include <utility>

namespace fabula::model::hugging_face {
namespace {

constexpr std::string_view space_mark = "\u2581";  // "▁"
constexpr float unused_score = -10000;             // as llama.cpp's converter writes them
constexpr float added_score = -1000;

Error refused(const std::string& what) {
    return Error{ErrorCode::invalid_input, what};
}
Error damaged(const std::string& what) {
    return Error{ErrorCode::corrupt, what};
}

const JsonArray& list_at(const JsonValue& json, std::string_view key) {
    static const JsonArray none;
    const JsonValue* const found = json.find(key);
    return found != nullptr && found->array() != nullptr ? *found->array() : none;
}

/// Some models mark added tokens that are markup as text; llama.cpp's converter goes by the same
/// signs.
bool looks_special(std::string_view text) {
    constexpr std::array<std::string_view, 4> known = {"<pad>", "<mask>", "<2mass>", "[@BOS@]"};
    const auto between = [&](std::string_view begin, std::string_view end) {
        return text.starts_with(begin) && text.ends_with(end);
    };
    return std::ranges::find(known, text) != known.end() || between("<|", "|>") ||
           between("<\uFF5C", "\uFF5C>") || between("<unused", ">");
}

bool is_byte_token(std::string_view text) {
    const auto is_digit = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
    };
    return text.size() == 6 && text.starts_with("<0x") && text.back() == '>' && is_digit(text[3]) &&
           is_digit(text[4]);
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
        text.replace(at, what.size(), by);
    return text;
}

Result<Unit> put(std::vector<TokenizerToken>& tokens, const std::string& text, std::uint64_t id,
                 TokenType type) {
    if (id >= tokens.size()) {
        return damaged("token '" + text + "' is number " + std::to_string(id) + ", the model has " +
                       std::to_string(tokens.size()) + " tokens");
    }
    if (text.empty() || text.find('\0') != std::string::npos)
        return damaged("token " + std::to_string(id) + " is empty or holds a zero byte");
    if (tokens[id].type != TokenType::unused)
        return damaged("tokens '" + tokens[id].text + "' and '" + text + "' are both number " +
                       std::to_string(id));
    tokens[id].text = text;
    tokens[id].type = type;
    return Unit{};
}

Result<Unit> put_vocabulary(const JsonValue& model, std::vector<TokenizerToken>& tokens) {
    const JsonValue* const vocabulary = model.find("vocab");
    if (vocabulary == nullptr || vocabulary->object() == nullptr || vocabulary->object()->empty())
        return damaged("its model has no vocabulary");
    for (const auto& [text, id] : *vocabulary->object()) {
        const auto number = id.count();
        if (!number) return damaged("token '" + text + "' has no number");
        if (auto done = put(tokens, text, *number, TokenType::normal); !done) return done;
    }
    return Unit{};
}

/// What else an added token may be told to do to the text around it.
Result<Unit> check_plain(const JsonValue& added, const std::string& text) {
    for (const char* const key : {"lstrip", "rstrip", "single_word"}) {
        if (added.is_true_at(key)) return refused("added token '" + text + "' has '" + key + "'");
    }
    return Unit{};
}

/// Added tokens are cut out of a text before it is split. They may stand in the vocabulary too.
Result<Unit> put_added(const JsonValue& json, std::vector<TokenizerToken>& tokens) {
    for (const JsonValue& added : list_at(json, "added_tokens")) {
        const std::string text = added.text_at("content");
        const JsonValue* const id = added.find("id");
        const auto number = id != nullptr ? id->count() : std::nullopt;
        if (!number || text.empty()) return damaged("an added token without number or content");
        const bool is_markup = added.is_true_at("special") || looks_special(text);
        if (auto plain = check_plain(added, text); !plain && !is_markup) return plain;
        if (*number < tokens.size() && tokens[*number].text == text)
            tokens[*number] = TokenizerToken{};
        const TokenType type = is_markup ? TokenType::control : TokenType::user_defined;
        const std::string written = is_markup ? text : replaced(text, space_mark, " ");
        if (auto done = put(tokens, written, *number, type); !done) return done;
    }
    return Unit{};
}

/// llama.cpp finds tokens by their texts.
Result<Unit> fill_and_compare(std::vector<TokenizerToken>& tokens) {
    std::vector<std::string_view> texts;
    texts.reserve(tokens.size());
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (tokens[i].type == TokenType::unused) {
            tokens[i].text = "[PAD" + std::to_string(i) + "]";
            tokens[i].score = unused_score;
        }
        texts.emplace_back(tokens[i].text);
    }
    std::ranges::sort(texts);
    const auto twice = std::ranges::adjacent_find(texts);
    if (twice == texts.end()) return Unit{};
    return damaged("two tokens are '" + std::string(*twice) + "'");
}

/// Readers differ in which of two equal merges counts.
std::optional<Merge> merge_that_comes_twice(const std::vector<Merge>& merges) {
    std::vector<const Merge*> sorted;
    sorted.reserve(merges.size());
    for (const Merge& merge : merges)
        sorted.push_back(&merge);
    std::ranges::sort(sorted, [](const Merge* a, const Merge* b) { return *a < *b; });
    const auto twice =
        std::ranges::adjacent_find(sorted, [](const Merge* a, const Merge* b) { return *a == *b; });
    return twice == sorted.end() ? std::nullopt : std::optional(**twice);
}

/// Transformers writes a merge as "a b" or, since 4.45, as ["a", "b"].
Result<std::vector<Merge>> read_merges(const JsonValue& model) {
    std::vector<Merge> merges;
    const JsonArray& list = list_at(model, "merges");
    merges.reserve(list.size());
    for (const JsonValue& each : list) {
        if (const std::string* const text = each.text()) {
            const auto gap = text->find(' ');
            if (gap == 0 || gap == std::string::npos || gap + 1 == text->size() ||
                text->find(' ', gap + 1) != std::string::npos)
                return damaged("merge '" + *text + "' is not one of two tokens");
            merges.emplace_back(text->substr(0, gap), text->substr(gap + 1));
            continue;
        }
        const JsonArray* const pair = each.array();
        if (pair == nullptr || pair->size() != 2 || pair->front().text() == nullptr ||
            pair->back().text() == nullptr)
            return damaged("merge " + std::to_string(merges.size()) + " is not one of two tokens");
        merges.emplace_back(*pair->front().text(), *pair->back().text());
    }
    if (const auto twice = merge_that_comes_twice(merges))
        return damaged("merge '" + twice->first + " " + twice->second + "' comes twice");
    return merges;
}

Error no_merge(const std::string& left, const std::string& right) {
    return damaged("merge '" + left + " " + right + "' is not one of three tokens");
}

/// What of a BPE model must be as llama.cpp has it.
Result<Unit> check_model(const JsonValue& model) {
    const std::string type = model.text_at("type", "BPE");
    if (type != "BPE") return refused("tokenizer model '" + type + "' (BPE is read)");
    for (const char* const key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
        if (const auto text = model.text_at(key); !text.empty())
            return refused(std::string("'") + key + "' is '" + text + "'");
    }
    const JsonValue* const dropout = model.find("dropout");
    if (dropout != nullptr && dropout->real() != 0.0) return refused("'dropout' is set");
    return Unit{};
}

/// The names of the types in a sequence, or of the one that stands alone.
std::vector<const JsonValue*> parts_of(const JsonValue* json, const char* list) {
    if (json == nullptr) return {};
    if (json->text_at("type") != "Sequence") return {json};
    std::vector<const JsonValue*> parts;
    for (const JsonValue& part : list_at(*json, list))
        parts.push_back(&part);
    return parts;
}

Error unknown_part(const std::string& what, const std::string& type) {
    return refused(what + " '" + type + "' is not known");
}

Result<Unit> check_types(const std::vector<const JsonValue*>& parts, const std::string& what,
                         std::initializer_list<std::string_view> known) {
    for (const JsonValue* const part : parts) {
        const std::string type = part->text_at("type", "?");
        if (std::ranges::find(known, type) == known.end()) return unknown_part(what, type);
    }
    return Unit{};
}

/// A vocabulary may lack bytes (StarCoder's does): a text with one of them is refused when it is
/// encoded.
Result<Unit> read_byte_level(const JsonValue& json, const JsonValue& model, TokenizerFile& made) {
    made.kind = TokenizerFile::Kind::byte_level;
    if (auto known =
            check_types(parts_of(json.find("normalizer"), "normalizers"), "normalizer", {});
        !known)
        return known;
    const auto split = text_split_of(json.find("pre_tokenizer"));
    if (!split) return split.error();
    made.split = split->name;
    if (model.is_true_at("ignore_merges") != split->ignores_merges) {
        return refused(std::string("'ignore_merges' is not ") +
                       (split->ignores_merges ? "true" : "false") + " with the pre-tokenizer of '" +
                       made.split + "'");
    }
    const auto merges = read_merges(model);
    if (!merges) return merges.error();
    std::set<std::string_view> texts;
    for (const TokenizerToken& token : made.tokens) {
        if (token.type != TokenType::unused) texts.emplace(token.text);
    }
    made.merges.reserve(merges->size());
    for (const auto& [left, right] : *merges) {
        const std::string whole = left + right;
        if (!texts.contains(left) || !texts.contains(right) || !texts.contains(whole))
            return no_merge(left, right);
        std::string merge = left;
        merge += " ";
        merge += right;
        made.merges.push_back(std::move(merge));
    }
    return Unit{};
}

/// Whether a space is put in front of a text: by the normalizer, or by a Metaspace pre-tokenizer.
/// Errors where there is more than that and the spaces.
Result<bool> read_space_prefix(const JsonValue& json) {
    bool adds = false;
    bool marks = false;
    for (const JsonValue* const part : parts_of(json.find("normalizer"), "normalizers")) {
        const std::string type = part->text_at("type", "?");
        const JsonValue* const pattern = part->find("pattern");
        if (type == "Prepend" && part->text_at("prepend") == space_mark) {
            adds = true;
        } else if (type == "Replace" && pattern != nullptr && pattern->text_at("String") == " " &&
                   part->text_at("content") == space_mark) {
            marks = true;
        } else {
            return refused("normalizer '" + type + "' is not known");
        }
    }
    for (const JsonValue* const part : parts_of(json.find("pre_tokenizer"), "pretokenizers")) {
        const std::string type = part->text_at("type", "?");
        const JsonValue* const cuts = part->find("split");
        const bool is_plain = type == "Metaspace" && part->text_at("replacement") == space_mark &&
                              cuts != nullptr && cuts->boolean() == false;
        if (!is_plain) return refused("pre-tokenizer '" + describe(*part) + "' is not known");
        marks = true;
        adds = adds || part->text_at("prepend_scheme", "always") != "never";
    }
    if (!marks) return refused("a tokenizer that leaves spaces as they are is not known");
    return adds;
}

/// Some converters list merges that make markup too; it is cut out of a text before it is merged.
void forget_merges_of_markup(const TokenizerFile& tokenizer, std::vector<Merge>& merges) {
    std::set<std::string_view> markup;
    for (const TokenizerToken& token : tokenizer.tokens) {
        if (token.type != TokenType::normal && token.type != TokenType::unused)
            markup.emplace(token.text);
    }
    std::erase_if(merges, [&](const Merge& merge) {
        const std::string whole = merge.first + merge.second;
        return markup.contains(whole);
    });
}

Result<Unit> score_tokens(const JsonValue& model, TokenizerFile& made) {
    auto merges = read_merges(model);
    if (!merges) return merges.error();
    forget_merges_of_markup(made, *merges);
    std::vector<std::string_view> texts;
    std::vector<std::size_t> ids;
    std::size_t n_bytes = 0;
    for (std::size_t i = 0; i < made.tokens.size(); ++i) {
        TokenizerToken& token = made.tokens[i];
        if (token.type == TokenType::user_defined) token.score = added_score;
        if (token.type == TokenType::normal && is_byte_token(token.text)) {
            token.type = TokenType::byte;
            ++n_bytes;
        }
        if (token.type != TokenType::normal) continue;
        texts.emplace_back(token.text);
        ids.push_back(i);
    }
    if (n_bytes != 256)
        return refused(std::to_string(n_bytes) + " tokens stand for bytes, 256 should");
    const auto scores = scores_of(texts, *merges);
    if (!scores) return scores.error();
    for (std::size_t i = 0; i < ids.size(); ++i)
        made.tokens[ids[i]].score = (*scores)[i];
    return Unit{};
}

Result<Unit> read_sentencepiece(const JsonValue& json, const JsonValue& model,
                                TokenizerFile& made) {
    made.kind = TokenizerFile::Kind::sentencepiece;
    made.split = "default";
    if (model.is_true_at("ignore_merges")) return refused("'ignore_merges' with byte fallback");
    const auto adds_space = read_space_prefix(json);
    if (!adds_space) return adds_space.error();
    made.adds_space_prefix = *adds_space;
    const std::string unknown = model.text_at("unk_token");
    for (std::size_t i = 0; i < made.tokens.size() && !unknown.empty(); ++i) {
        if (made.tokens[i].text != unknown) continue;
        made.tokens[i].type = TokenType::unknown;
        made.special_ids.emplace("unk", i);
    }
    return score_tokens(model, made);
}

}  // namespace

Result<TokenizerFile> tokenizer_of(const JsonValue& json, std::uint64_t n_vocab) {
    const JsonValue* const model = json.find("model");
    if (model == nullptr || model->object() == nullptr) return damaged("it has no model");
    if (auto known = check_model(*model); !known) return known.error();
    TokenizerFile made;
    made.tokens.resize(n_vocab);
    if (auto done = put_vocabulary(*model, made.tokens); !done) return done.error();
    if (auto done = put_added(json, made.tokens); !done) return done.error();
    if (auto done = fill_and_compare(made.tokens); !done) return done.error();
    const bool is_sentencepiece = model->is_true_at("byte_fallback");
    auto read = is_sentencepiece ? read_sentencepiece(json, *model, made)
                                 : read_byte_level(json, *model, made);
    if (!read) return read.error();
    return made;
}

}  // namespace fabula::model::hugging_face
