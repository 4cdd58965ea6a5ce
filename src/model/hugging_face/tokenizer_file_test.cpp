// SPDX-License-Identifier: 0BSD
#include "model/hugging_face/tokenizer_file.h"

#include "base/scratch_folder.h"
#include "model/hugging_face/folder_texts.h"
#include "model/hugging_face/written_folder.h"

#include <gtest/gtest.h>

namespace fabula::model::hugging_face {
namespace {

std::string with(std::string text, const std::string& what, const std::string& by) {
    const auto at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return text.replace(at, what.size(), by);
}

Result<TokenizerFile> read(const std::string& text, std::uint64_t n_vocab = 260) {
    const auto json = parse_json(text);
    EXPECT_TRUE(json) << json.error().message;
    return tokenizer_of(*json, n_vocab);
}

Error refusal(const std::string& text) {
    const auto tokenizer = read(text, 264);
    EXPECT_FALSE(tokenizer) << text.substr(0, 200);
    return tokenizer ? Error{ErrorCode::conflict, ""} : tokenizer.error();
}

/// Bytes, two letters and what they make; spaces as the normalizer says.
std::string sentencepiece(const std::string& normalizer) {
    std::string vocabulary = R"("<unk>":0,"<s>":1,"</s>":2)";
    constexpr const char* digits = "0123456789ABCDEF";
    for (unsigned int byte = 0; byte < 256; ++byte) {
        vocabulary += std::string(",\"<0x") + digits[byte / 16] + digits[byte % 16] +
                      ">\":" + std::to_string(3 + byte);
    }
    return R"({"added_tokens":[{"id":0,"content":"<unk>","special":true},
               {"id":1,"content":"<s>","special":true},{"id":2,"content":"</s>","special":true},
               {"id":262,"content":"<note>","special":false}],
               "normalizer":)" +
           normalizer +
           R"(,"pre_tokenizer":null,"model":{"type":"BPE","byte_fallback":true,"unk_token":"<unk>",
               "merges":[["a","b"]],"vocab":{)" +
           vocabulary + R"(,"ab":259,"a":260,"b":261}}})";
}
const std::string marks =
    R"({"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},
        {"type":"Replace","pattern":{"String":" "},"content":"▁"}]})";

TEST(TokenizerFile, reads_byte_level_tokens_and_fills_up_to_the_model) {
    const auto tokenizer = read(byte_level_tokenizer());
    ASSERT_TRUE(tokenizer) << tokenizer.error().message;
    EXPECT_EQ(tokenizer->split, "gpt-2");
    EXPECT_EQ(tokenizer->tokens.size(), 260U);
    EXPECT_EQ(tokenizer->tokens[256].text, "he");
    EXPECT_EQ(tokenizer->tokens[256].type, TokenType::normal);
    EXPECT_EQ(tokenizer->tokens[257].type, TokenType::control);
    EXPECT_EQ(tokenizer->tokens[258].text, "[PAD258]");
    EXPECT_EQ(tokenizer->tokens[258].type, TokenType::unused);
    EXPECT_EQ(tokenizer->merges, std::vector<std::string>{"h e"});
}

TEST(TokenizerFile, reads_merges_in_both_forms) {
    const auto pairs = read(with(byte_level_tokenizer(), R"("h e")", R"(["h","e"])"));
    ASSERT_TRUE(pairs) << pairs.error().message;
    EXPECT_EQ(pairs->merges, std::vector<std::string>{"h e"});
}

TEST(TokenizerFile, reads_sentencepiece_tokens_with_scores) {
    const auto tokenizer = read(sentencepiece(marks), 264);
    ASSERT_TRUE(tokenizer) << tokenizer.error().message;
    EXPECT_EQ(tokenizer->kind, TokenizerFile::Kind::sentencepiece);
    EXPECT_TRUE(tokenizer->adds_space_prefix);
    EXPECT_EQ(tokenizer->tokens[0].type, TokenType::unknown);
    EXPECT_EQ(tokenizer->tokens[1].type, TokenType::control);
    EXPECT_EQ(tokenizer->tokens[3].type, TokenType::byte);
    EXPECT_EQ(tokenizer->tokens[262].type, TokenType::user_defined);
    EXPECT_EQ(tokenizer->tokens[259].score, 0.0F);
    EXPECT_LT(tokenizer->tokens[260].score, 0.0F);
    const auto bare =
        read(sentencepiece(R"({"type":"Replace","pattern":{"String":" "},"content":"▁"})"), 264);
    ASSERT_TRUE(bare) << bare.error().message;
    EXPECT_FALSE(bare->adds_space_prefix);
}

TEST(TokenizerFile, forgets_merges_that_make_markup) {
    const std::string text = with(sentencepiece(marks), R"(["a","b"])", R"(["a","b"],["a","a"])");
    const auto tokenizer = read(
        with(text, R"("content":"<note>","special":false)", R"("content":"aa","special":true)"),
        264);
    ASSERT_TRUE(tokenizer) << tokenizer.error().message;
    EXPECT_EQ(tokenizer->tokens[262].type, TokenType::control);
}

TEST(TokenizerFile, is_written_as_it_is_read) {
    for (const std::string& text : {byte_level_tokenizer(), sentencepiece(marks)}) {
        const auto first = read(text, 264);
        ASSERT_TRUE(first) << first.error().message;
        const auto second = tokenizer_of(tokenizer_json(*first), 264);
        ASSERT_TRUE(second) << second.error().message;
        EXPECT_EQ(second->split, first->split);
        EXPECT_EQ(second->merges, first->merges);
        EXPECT_EQ(second->adds_space_prefix, first->adds_space_prefix);
        for (std::size_t i = 0; i < first->tokens.size(); ++i) {
            EXPECT_EQ(second->tokens[i].text, first->tokens[i].text);
            EXPECT_EQ(second->tokens[i].type, first->tokens[i].type);
            EXPECT_EQ(second->tokens[i].score, first->tokens[i].score);
        }
    }
}

TEST(TokenizerFile, refuses_by_name_what_llama_cpp_would_not_follow) {
    const std::string good = byte_level_tokenizer();
    const auto names = [](const std::string& text, const std::string& said) {
        const Error error = refusal(text);
        EXPECT_EQ(error.code, ErrorCode::invalid_input) << error.message;
        EXPECT_NE(error.message.find(said), std::string::npos) << error.message;
    };
    names(with(good, R"("type":"ByteLevel")", R"("type":"Whitespace")"), "'Whitespace'");
    names(with(good, R"("normalizer":null)", R"("normalizer":{"type":"NFC"})"), "'NFC'");
    names(with(good, R"("type":"BPE")", R"("type":"Unigram")"), "'Unigram'");
    names(with(good, R"("type":"BPE")", R"("type":"BPE","ignore_merges":true)"), "ignore_merges");
    names(with(good, R"("type":"BPE")", R"("type":"BPE","dropout":0.1)"), "dropout");
    names(with(good, R"("type":"BPE")", R"("type":"BPE","end_of_word_suffix":"</w>")"), "</w>");
    names(with(good, R"("content":"<|endoftext|>","special":true)",
               R"("content":"word","lstrip":true)"),
          "'lstrip'");
    names(sentencepiece("null"), "spaces as they are");
    names(sentencepiece(R"({"type":"Precompiled"})"), "'Precompiled'");
}

TEST(TokenizerFile, finds_damage) {
    const std::string good = byte_level_tokenizer();
    for (const auto& [what, by] : std::vector<std::pair<std::string, std::string>>{
             {R"("h e")", R"("h z z")"},
             {R"("h e")", R"("he")"},
             {R"("h e")", R"("h q")"},
             {R"("h e")", "7"},
             {R"("h e")", R"("h e","h e")"},
             {R"("he":256)", R"("he":255)"},
             {R"("he":256)", R"("he":9999)"},
             {R"("he":256)", R"("he":-1)"},
             {R"("he":256)", R"("":256)"},
             {R"("he":256)", R"("h\u0000e":256)"},
             {R"("he":256)", R"("[PAD259]":256,"he":258)"},
             {R"("id":257)", R"("id":256)"},
             {R"("id":257)", R"("id":"x")"}}) {
        const Error error = refusal(with(good, what, by));
        EXPECT_EQ(error.code, ErrorCode::corrupt) << by << ": " << error.message;
    }
    EXPECT_FALSE(read("{}"));
    EXPECT_FALSE(read(R"({"model":{"vocab":{}}})"));
}

class ReadTokenizer : public testing::Test {
protected:
    void write(const std::string& name, const std::string& text) const {
        write_bytes(folder.at(name), text);
    }
    Result<TokenizerFile> read_folder(Family family = Family::gpt2) const {
        ModelConfig config;
        config.family = family;
        config.n_vocab = 260;
        config.special_ids = {{"bos", 257}, {"eos", 3}};
        return read_tokenizer(folder.path(), config);
    }

    ScratchFolder folder;
};

TEST_F(ReadTokenizer, takes_special_tokens_from_its_own_config_first) {
    write("tokenizer.json", byte_level_tokenizer());
    write("tokenizer_config.json",
          R"({"eos_token":{"content":"<|endoftext|>"},"add_bos_token":true,
              "chat_template":[{"name":"default","template":"T"}]})");
    const auto tokenizer = read_folder();
    ASSERT_TRUE(tokenizer) << tokenizer.error().message;
    EXPECT_EQ(tokenizer->special_ids.at("eos"), 257U);
    EXPECT_EQ(tokenizer->special_ids.at("bos"), 257U);
    EXPECT_TRUE(tokenizer->adds_bos);
    EXPECT_EQ(tokenizer->chat_template, "T");
}

TEST_F(ReadTokenizer, takes_what_is_added_from_the_post_processor) {
    const auto processed = [](const std::string& single) {
        return with(byte_level_tokenizer(), R"("normalizer")",
                    R"("post_processor":{"type":"TemplateProcessing","single":[)" + single +
                        R"(]},"normalizer")");
    };
    const std::string bos = R"({"SpecialToken":{"id":"<|endoftext|>"}})";
    const std::string text = R"({"Sequence":{"id":"A"}})";
    write("tokenizer.json", processed(bos + "," + text));
    const auto tokenizer = read_folder();
    ASSERT_TRUE(tokenizer) << tokenizer.error().message;
    EXPECT_TRUE(tokenizer->adds_bos);
    EXPECT_FALSE(tokenizer->adds_eos);
    write("tokenizer.json", processed(text + "," + bos));  // not the end token of the config
    EXPECT_EQ(read_folder().error().code, ErrorCode::invalid_input);
    write("tokenizer.json", processed(bos + "," + bos + "," + text));
    EXPECT_EQ(read_folder().error().code, ErrorCode::invalid_input);
    write("tokenizer.json", with(processed(text), "TemplateProcessing", "BertProcessing"));
    EXPECT_NE(read_folder().error().message.find("'BertProcessing'"), std::string::npos);
}

TEST_F(ReadTokenizer, reads_vocab_and_merges_of_gpt2_alone) {
    const std::string whole = byte_level_tokenizer();
    const auto at = whole.find(R"("vocab":)") + 8;
    write("vocab.json", whole.substr(at, whole.size() - at - 2));
    write("merges.txt", "#version: 0.2\nh e\n");
    const auto tokenizer = read_folder();
    ASSERT_TRUE(tokenizer) << tokenizer.error().message;
    EXPECT_EQ(tokenizer->split, "gpt-2");
    EXPECT_EQ(tokenizer->merges, std::vector<std::string>{"h e"});
    EXPECT_EQ(tokenizer->tokens[257].type, TokenType::control);
    EXPECT_EQ(read_folder(Family::llama).error().code, ErrorCode::not_found);
    write("merges.txt", "h e\nh e e\n");
    EXPECT_NE(read_folder().error().message.find("line 2"), std::string::npos);
}

}  // namespace
}  // namespace fabula::model::hugging_face
