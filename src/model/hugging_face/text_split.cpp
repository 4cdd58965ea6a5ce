// SPDX-License-Identifier: 0BSD
#include "model/hugging_face/text_split.h"

#include <algorithm>
#include <utility>

namespace fabula::model::hugging_face {
namespace {

constexpr std::string_view bloom_regex = R"( ?[^(\s|[.,!?…。，、।۔،])]+)";
constexpr std::string_view llama3_regex =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view plain = "ByteLevel";
constexpr std::string_view digits = "Digits one by one + ByteLevel";

/// As describe writes it.
std::string by_regex(std::string_view regex) {
    return "Split /" + std::string(regex) + "/ Isolated + ByteLevel without regex";
}

const std::array<TextSplit, 4>& known_splits() {
    static const std::string bloom = by_regex(bloom_regex);
    static const std::string llama3 = by_regex(llama3_regex);
    static const std::array<TextSplit, 4> known = {{{"gpt-2", plain, false},
                                                    {"bloom", bloom, false},
                                                    {"llama-bpe", llama3, true},
                                                    {"smollm", digits, false}}};
    return known;
}

std::string describe_split(const JsonValue& split) {
    const JsonValue* const pattern = split.find("pattern");
    const std::string text = pattern == nullptr ? "" : pattern->text_at("Regex");
    std::string made = "Split ";
    made += !text.empty() || pattern == nullptr ? "/" + text + "/"
                                                : "'" + pattern->text_at("String") + "'";
    made += " " + split.text_at("behavior", "?");
    return split.is_true_at("invert") ? made + " inverted" : made;
}

JsonValue text(std::string_view value) {
    return JsonValue(std::string(value));
}

JsonValue byte_level(bool uses_regex) {
    return JsonValue(JsonObject{{"type", text("ByteLevel")},
                                {"add_prefix_space", JsonValue(false)},
                                {"trim_offsets", JsonValue(true)},
                                {"use_regex", JsonValue(uses_regex)}});
}

JsonValue sequence(JsonValue first, JsonValue second) {
    JsonArray parts;
    parts.push_back(std::move(first));
    parts.push_back(std::move(second));
    return JsonValue(
        JsonObject{{"type", text("Sequence")}, {"pretokenizers", JsonValue(std::move(parts))}});
}

}  // namespace

std::string describe(const JsonValue& pre_tokenizer) {
    std::string type = pre_tokenizer.text_at("type", "?");
    if (type == "Sequence") {
        const JsonValue* const parts = pre_tokenizer.find("pretokenizers");
        std::string made;
        if (parts == nullptr || parts->array() == nullptr) return type;
        for (const JsonValue& part : *parts->array())
            made += (made.empty() ? "" : " + ") + describe(part);
        return made;
    }
    if (type == "Split") return describe_split(pre_tokenizer);
    if (type == "Digits")
        return pre_tokenizer.is_true_at("individual_digits") ? "Digits one by one" : type;
    if (type != "ByteLevel") return type;
    std::string made = type;
    const JsonValue* const regex = pre_tokenizer.find("use_regex");
    if (regex != nullptr && !regex->boolean().value_or(false)) made += " without regex";
    if (pre_tokenizer.is_true_at("add_prefix_space")) made += " with a space in front";
    return made;
}

Result<TextSplit> text_split_of(const JsonValue* pre_tokenizer) {
    const std::string found = pre_tokenizer == nullptr ? "none" : describe(*pre_tokenizer);
    const auto& known = known_splits();
    const auto* const split = std::ranges::find(known, found, &TextSplit::description);
    if (split != known.end()) return *split;
    return Error{ErrorCode::invalid_input,
                 "pre-tokenizer '" + found +
                     "' is not known (those of GPT-2, BLOOM, Llama 3 and SmolLM are)"};
}

Result<TextSplit> text_split_named(std::string_view name) {
    const auto& known = known_splits();
    const auto* const split = std::ranges::find(known, name, &TextSplit::name);
    if (split != known.end()) return *split;
    return Error{ErrorCode::invalid_input,
                 "a text split of name '" + std::string(name) +
                     "' is not known (gpt-2, bloom, llama-bpe and smollm are)"};
}

JsonValue pre_tokenizer_of(const TextSplit& split) {
    if (split.description == plain) return byte_level(true);
    if (split.description == digits) {
        return sequence(
            JsonValue(JsonObject{{"type", text("Digits")}, {"individual_digits", JsonValue(true)}}),
            byte_level(true));
    }
    const std::string_view regex = split.name == "bloom" ? bloom_regex : llama3_regex;
    return sequence(JsonValue(JsonObject{{"type", text("Split")},
                                         {"pattern", JsonValue(JsonObject{{"Regex", text(regex)}})},
                                         {"behavior", text("Isolated")},
                                         {"invert", JsonValue(false)}}),
                    byte_level(false));
}

std::string byte_character(std::uint8_t byte) {
    const auto stands_for_itself = [](unsigned int each) {
        return (each >= 0x21 && each <= 0x7E) || (each >= 0xA1 && each <= 0xAC) || each >= 0xAE;
    };
    unsigned int code = byte;
    if (!stands_for_itself(byte)) {
        code = 256;
        for (unsigned int each = 0; each < byte; ++each)
            code += stands_for_itself(each) ? 0 : 1;
    }
    if (code < 0x80) return {static_cast<char>(code)};
    return {static_cast<char>(0xC0U | (code >> 6U)), static_cast<char>(0x80U | (code & 63U))};
}

}  // namespace fabula::model::hugging_face
