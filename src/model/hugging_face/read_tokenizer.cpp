// SPDX-License-Identifier: 0BSD
// The files of a tokenizer: tokenizer.json or vocab.json with merges.txt, and what
// tokenizer_config.json and config.json say of the tokens that begin and end a text.
#include "model/hugging_face/tokenizer_file.h"
#include "model/mapped_file.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <utility>

namespace fabula::model::hugging_face {
namespace {

constexpr std::array<const char*, 7> special_names = {"bos", "eos", "unk", "sep",
                                                      "pad", "cls", "mask"};

bool is_there(const std::string& path) {
    std::error_code ignored;  // what cannot be looked at is refused when it is opened
    return std::filesystem::exists(path, ignored);
}

Error named(const std::string& path, const Error& error) {
    return Error{error.code, "file '" + path + "': " + error.message};
}

/// "bos_token" is a text, or an object with the text as its content.
std::string content_of(const JsonValue& config, const std::string& key) {
    const JsonValue* const entry = config.find(key);
    if (entry == nullptr) return "";
    return entry->text() != nullptr ? *entry->text() : entry->text_at("content");
}

std::optional<std::uint64_t> id_of(const TokenizerFile& tokenizer, std::string_view text) {
    const auto found = std::ranges::find_if(tokenizer.tokens, [&](const TokenizerToken& token) {
        return token.type != TokenType::unused && token.text == text;
    });
    if (text.empty() || found == tokenizer.tokens.end()) return std::nullopt;
    return static_cast<std::uint64_t>(found - tokenizer.tokens.begin());
}

/// tokenizer_config.json goes before config.json, as in llama.cpp's converter.
void find_special(const JsonValue& about, const ModelConfig& config, TokenizerFile& tokenizer) {
    for (const std::string name : special_names) {
        const auto id = id_of(tokenizer, content_of(about, name + "_token"));
        if (id) tokenizer.special_ids.insert_or_assign(name, *id);
    }
    for (const auto& [name, id] : config.special_ids) {
        if (id < tokenizer.tokens.size()) tokenizer.special_ids.emplace(name, id);
    }
}

/// What a template puts in front of a text and behind it; "" for nothing.
struct Frame {
    std::string first;
    std::string last;
};

Result<Frame> frame_of(const JsonValue& processor) {
    Frame frame;
    const JsonValue* const single = processor.find("single");
    bool is_behind = false;
    if (single == nullptr || single->array() == nullptr)
        return Error{ErrorCode::corrupt, "a TemplateProcessing without 'single'"};
    for (const JsonValue& part : *single->array()) {
        if (part.find("Sequence") != nullptr) {
            is_behind = true;
            continue;
        }
        const JsonValue* const token = part.find("SpecialToken");
        std::string& place = is_behind ? frame.last : frame.first;
        if (token == nullptr || !place.empty()) {
            return Error{ErrorCode::invalid_input,
                         "post-processor 'TemplateProcessing' with more than one token in front or "
                         "behind"};
        }
        place = token->text_at("id");
    }
    return frame;
}

/// Sets whether `name` ("bos") is added, from the token that the template has in its place.
Result<bool> adds(const std::string& text, const std::string& name, TokenizerFile& tokenizer) {
    if (text.empty()) return false;
    const auto id = id_of(tokenizer, text);
    const auto known = tokenizer.special_ids.find(name);
    if (id && known == tokenizer.special_ids.end()) tokenizer.special_ids.emplace(name, *id);
    if (id && tokenizer.special_ids.at(name) == *id) return true;
    return Error{ErrorCode::invalid_input,
                 "post-processor adds '" + text + "', which is not the " + name + " token"};
}

Result<Unit> read_post_processor(const JsonValue& json, TokenizerFile& tokenizer) {
    const JsonValue* const whole = json.find("post_processor");
    if (whole == nullptr) {
        // Tokenizers of this kind are Llama's, whose own code adds the token.
        tokenizer.adds_bos = tokenizer.kind == TokenizerFile::Kind::sentencepiece;
        return Unit{};
    }
    const JsonValue* const list = whole->find("processors");
    const JsonArray alone = {*whole};
    const JsonArray& parts = list != nullptr && list->array() != nullptr ? *list->array() : alone;
    for (const JsonValue& part : parts) {
        const std::string type = part.text_at("type", "?");
        if (type == "ByteLevel") continue;
        if (type != "TemplateProcessing")
            return Error{ErrorCode::invalid_input, "post-processor '" + type + "' is not known"};
        const auto frame = frame_of(part);
        if (!frame) return frame.error();
        const auto bos = adds(frame->first, "bos", tokenizer);
        if (!bos) return bos.error();
        const auto eos = adds(frame->last, "eos", tokenizer);
        if (!eos) return eos.error();
        tokenizer.adds_bos = *bos;
        tokenizer.adds_eos = *eos;
    }
    return Unit{};
}

/// The template is a text, or a list of named ones.
std::string chat_template_in(const JsonValue& about) {
    const JsonValue* const entry = about.find("chat_template");
    if (entry == nullptr) return "";
    if (entry->text() != nullptr) return *entry->text();
    if (entry->array() == nullptr) return "";
    for (const JsonValue& each : *entry->array()) {
        if (each.text_at("name") == "default") return each.text_at("template");
    }
    return "";
}

Result<std::string> read_text(const std::string& path) {
    const auto file = MappedFile::open(path, "file '" + path + "'");
    if (!file) return file.error();
    const auto bytes = file->bytes();
    return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

Result<Unit> read_about(const std::string& folder, const JsonValue& json, const JsonValue& about,
                        TokenizerFile& tokenizer) {
    if (auto read = read_post_processor(json, tokenizer); !read)
        return named(folder + "/tokenizer.json", read.error());
    for (const auto& [key, flag] : {std::pair("add_bos_token", &tokenizer.adds_bos),
                                    std::pair("add_eos_token", &tokenizer.adds_eos)}) {
        const JsonValue* const value = about.find(key);
        if (value != nullptr) *flag = value->boolean().value_or(*flag);
    }
    tokenizer.chat_template = chat_template_in(about);
    const std::string beside = folder + "/chat_template.jinja";
    if (!tokenizer.chat_template.empty() || !is_there(beside)) return Unit{};
    auto text = read_text(beside);
    if (!text) return text.error();
    tokenizer.chat_template = *std::move(text);
    return Unit{};
}

/// merges.txt as the list in tokenizer.json.
Result<JsonArray> read_merges_text(const std::string& path) {
    const auto text = read_text(path);
    if (!text) return text.error();
    JsonArray merges;
    std::size_t number = 0;
    for (std::size_t at = 0; at < text->size();) {
        const std::size_t end = std::min(text->find('\n', at), text->size());
        std::string line = text->substr(at, end - at);
        at = end + 1;
        ++number;
        if (line.ends_with('\r')) line.pop_back();
        if (line.empty() || (number == 1 && line.starts_with('#'))) continue;
        if (std::ranges::count(line, ' ') != 1)
            return Error{ErrorCode::corrupt, "file '" + path + "': line " + std::to_string(number) +
                                                 " is no merge of two tokens"};
        merges.emplace_back(std::move(line));
    }
    return merges;
}

/// The tokens that the files beside vocab.json add to it or name as markup.
Result<JsonArray> added_beside(const std::string& folder, const JsonValue& vocabulary,
                               const JsonValue& about) {
    JsonArray added;
    const auto add = [&](const std::string& text, const JsonValue& id, bool is_special) {
        added.emplace_back(JsonObject{
            {"id", id}, {"content", JsonValue(text)}, {"special", JsonValue(is_special)}});
    };
    const JsonValue* const end = vocabulary.find("<|endoftext|>");
    if (end != nullptr) add("<|endoftext|>", *end, true);
    for (const std::string name : special_names) {
        const std::string text = content_of(about, name + "_token");
        const JsonValue* const id = text.empty() ? nullptr : vocabulary.find(text);
        if (id != nullptr && id != end) add(text, *id, true);
    }
    const std::string path = folder + "/added_tokens.json";
    if (!is_there(path)) return added;
    const auto more = read_json_file(path);
    if (!more) return more.error();
    if (more->object() == nullptr)
        return Error{ErrorCode::corrupt, "file '" + path + "': it is no object"};
    for (const auto& [text, id] : *more->object()) {
        if (vocabulary.find(text) == nullptr) add(text, id, false);
    }
    return added;
}

/// vocab.json and merges.txt as tokenizer.json. They do not say how text is split: GPT-2's way.
Result<JsonValue> joined(const std::string& folder, const JsonValue& about) {
    auto vocabulary = read_json_file(folder + "/vocab.json");
    if (!vocabulary) return vocabulary;
    auto merges = read_merges_text(folder + "/merges.txt");
    if (!merges) return merges.error();
    auto added = added_beside(folder, *vocabulary, about);
    if (!added) return added.error();
    const JsonValue split(
        JsonObject{{"type", JsonValue(std::string("ByteLevel"))},
                   {"add_prefix_space", JsonValue(about.is_true_at("add_prefix_space"))}});
    return JsonValue(
        JsonObject{{"added_tokens", JsonValue(*std::move(added))},
                   {"pre_tokenizer", split},
                   {"model", JsonValue(JsonObject{{"vocab", *std::move(vocabulary)},
                                                  {"merges", JsonValue(*std::move(merges))}})}});
}

Result<JsonValue> read_whole(const std::string& folder, const ModelConfig& config,
                             const JsonValue& about) {
    const std::string path = folder + "/tokenizer.json";
    if (is_there(path)) return read_json_file(path);
    if (is_there(folder + "/vocab.json") && config.family == Family::gpt2)
        return joined(folder, about);
    return Error{
        ErrorCode::not_found,
        "folder '" + folder + "': no tokenizer.json" +
            (config.family == Family::gpt2 ? ", nor vocab.json and merges.txt" : "") +
            (is_there(folder + "/tokenizer.model") ? " (tokenizer.model is not read)" : "")};
}

}  // namespace

Result<TokenizerFile> read_tokenizer(const std::string& folder, const ModelConfig& config) {
    JsonValue about;
    const std::string beside = folder + "/tokenizer_config.json";
    if (is_there(beside)) {
        auto read = read_json_file(beside);
        if (!read) return read.error();
        about = *std::move(read);
    }
    const auto json = read_whole(folder, config, about);
    if (!json) return json.error();
    auto tokenizer = tokenizer_of(*json, config.n_vocab);
    const std::string path =
        folder + (is_there(folder + "/tokenizer.json") ? "/tokenizer.json" : "/vocab.json");
    if (!tokenizer) return named(path, tokenizer.error());
    find_special(about, config, *tokenizer);
    if (auto read = read_about(folder, *json, about, *tokenizer); !read) return read.error();
    return tokenizer;
}

}  // namespace fabula::model::hugging_face
