// SPDX-License-Identifier: 0BSD
#include "model/remote/answer_reader.h"
#include "model/remote/remote_text.h"

#include <gtest/gtest.h>

#include <cmath>

namespace fabula::model {
namespace {

HttpHead head_of(const std::string& type, int status = 200) {
    return {status, {{"content-type", type}}};
}

constexpr std::string_view stream =
    "data: {\"choices\":[{\"index\":0,\"text\":\"Once\",\"logprobs\":{\"tokens\":[\"Once\"],"
    "\"token_logprobs\":[-0.5]}}]}\n\n"
    "data: {\"choices\":[{\"index\":0,\"text\":\" \\u00e9 \\ud83c\\udf0a\",\"logprobs\":null}]}\n\n"
    ": keep-alive\n\n"
    "data: {\"choices\":[{\"index\":0,\"text\":\" sea.\",\"finish_reason\":\"length\"}]}\n\n"
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}\n\n"
    "data: [DONE]\n\n";
constexpr std::string_view whole_text = "Once \xC3\xA9 \xF0\x9F\x8C\x8A sea.";

struct ReadAnswer {
    std::string text;
    bool has_ended = false;
    bool is_last = false;
    SaidUsage usage;
    std::optional<Error> error;
};

void add(ReadAnswer& read, const Result<std::vector<Said>>& all) {
    if (!all) {
        read.error = all.error();
        return;
    }
    for (const auto& said : *all) {
        for (const auto& piece : said.pieces) {
            read.text += piece.text;
            read.has_ended = read.has_ended || piece.ending != SaidEnding::none;
        }
        read.is_last = read.is_last || said.is_last;
        if (said.usage.completion_tokens) read.usage = said.usage;
    }
}

ReadAnswer read(RemoteApi api, const HttpHead& head, std::string_view bytes, std::size_t size) {
    AnswerReader reader(api);
    ReadAnswer read;
    for (std::size_t at = 0; at < bytes.size() && !read.error; at += size)
        add(read, reader.take(head, bytes.substr(at, size)));
    if (!read.error) add(read, reader.finish(head));
    return read;
}

TEST(AnswerReader, gives_the_same_text_however_the_stream_is_cut_into_pieces) {
    for (std::size_t size = 1; size <= stream.size(); ++size) {
        const auto answer = read(RemoteApi::openai, head_of("text/event-stream"), stream, size);
        EXPECT_EQ(answer.text, whole_text);
        EXPECT_TRUE(answer.has_ended && answer.is_last);
        EXPECT_EQ(answer.usage.completion_tokens, 4U);
    }
}

TEST(AnswerReader, gives_a_prefix_and_no_end_wherever_the_stream_breaks_off) {
    const auto end_of_last_piece = stream.find("\"finish_reason\"");
    for (std::size_t n = 0; n <= stream.size(); ++n) {
        const auto answer =
            read(RemoteApi::openai, head_of("text/event-stream"), stream.substr(0, n), 7);
        ASSERT_FALSE(answer.error) << n;
        EXPECT_TRUE(whole_text.starts_with(answer.text)) << n;
        EXPECT_TRUE(n >= end_of_last_piece || !answer.has_ended) << n;
        EXPECT_EQ(answer.is_last, n == stream.size()) << n;
    }
}

TEST(AnswerReader, reads_the_other_languages) {
    const auto tgi = read(RemoteApi::huggingface, head_of("text/event-stream"),
                          "data:{\"token\":{\"id\":5,\"text\":\"Hi\",\"logprob\":-1,\"special\":"
                          "false},\"generated_text\":null,\"details\":null}\n\n"
                          "data:{\"token\":{\"id\":2,\"text\":\"</s>\",\"logprob\":-1,\"special\":"
                          "true},\"generated_text\":\"Hi\",\"details\":{\"finish_reason\":"
                          "\"eos_token\",\"generated_tokens\":2}}\n\n",
                          5);
    EXPECT_EQ(tgi.text, "Hi");
    EXPECT_TRUE(tgi.has_ended && tgi.is_last);
    const auto ollama = read(
        RemoteApi::ollama, head_of("application/x-ndjson"),
        "{\"response\":\"Hi\",\"done\":false}\n{\"response\":\"\",\"done\":true,\"done_reason\":"
        "\"stop\",\"eval_count\":2}\n",
        4);
    EXPECT_EQ(ollama.text, "Hi");
    EXPECT_TRUE(ollama.has_ended && ollama.is_last);
    const auto chat = read(RemoteApi::openai_chat, head_of("application/json"),
                           "{\"choices\":[{\"message\":{\"content\":\"Hi\"},\"finish_reason\":"
                           "\"stop\"}]}",
                           9);
    EXPECT_EQ(chat.text, "Hi");
    EXPECT_TRUE(chat.has_ended && chat.is_last);
}

TEST(AnswerReader, refuses_what_is_no_answer) {
    const auto error_of = [](const std::string& type, std::string_view bytes) {
        return read(RemoteApi::openai, head_of(type), bytes, 1000).error;
    };
    EXPECT_NE(error_of("text/html", "<html>")->message.find("HTML"), std::string::npos);
    EXPECT_NE(error_of("", "  <!DOCTYPE html>")->message.find("HTML"), std::string::npos);
    EXPECT_EQ(error_of("text/event-stream", "data: {\n\n")->code, ErrorCode::corrupt);
    EXPECT_EQ(error_of("text/event-stream", "data: 7\n\n")->code, ErrorCode::corrupt);
    EXPECT_EQ(error_of("application/json", "")->code, ErrorCode::corrupt);
    EXPECT_EQ(error_of("application/json", "{\"choices\":[]}")->code, ErrorCode::corrupt);
    EXPECT_EQ(error_of("application/json", "{\"usage\":{}}")->code, ErrorCode::corrupt);
    EXPECT_EQ(error_of("application/json", "{\"choices\":[{\"text\":5}]}")->code,
              ErrorCode::corrupt);
    EXPECT_EQ(error_of("text/event-stream",
                       "data: {\"choices\":[{\"index\":4000000000,\"text\":\"x\"}]}\n\n")
                  ->code,
              ErrorCode::corrupt);
    EXPECT_EQ(error_of("application/json", std::string(most_answer_bytes + 1, ' '))->code,
              ErrorCode::exhausted);
}

TEST(AnswerReader, tells_the_servers_own_words_on_one_line) {
    const auto words = [](std::string_view body) {
        AnswerReader reader(RemoteApi::openai);
        EXPECT_TRUE(reader.take(head_of("application/json", 400), body));
        return reader.server_words();
    };
    EXPECT_EQ(words("{\"error\":{\"message\":\"bad\\n\\u001b[31mthing\"}}"), "bad [31mthing");
    EXPECT_EQ(words("{\"error\":\"no such model\"}"), "no such model");
    EXPECT_EQ(words("{\"detail\":[{\"msg\":\"field required\"}]}"), "field required");
    EXPECT_EQ(words("plain words\n"), "plain words");
    EXPECT_EQ(words("<html>"), "");
    EXPECT_LT(words(std::string(5000, 'x')).size(), 310U);
}

SaidPiece piece(const std::string& text, SaidEnding ending = SaidEnding::none) {
    return {0, text, {{text, -0.5, std::nullopt}}, ending};
}

sample::Settings of_tokens(int n) {
    sample::Settings settings;
    settings.max_new_tokens = n;
    return settings;
}

TEST(RemoteText, keeps_tokens_that_spell_the_text_and_marks_what_broke_off) {
    RemoteText text(of_tokens(20), "");
    text.take(piece("Once"));
    text.take(piece(" more"));
    text.close(false);
    const auto candidate = std::move(text).finished();
    EXPECT_EQ(candidate.text, "Once more");
    EXPECT_EQ(candidate.ending, Ending::connection_lost);
    ASSERT_EQ(candidate.ids.size(), 2U);
    EXPECT_EQ(candidate.ids_bytes, 9U);
    EXPECT_FLOAT_EQ(candidate.trace[1].logprob_model, -0.5F);
    EXPECT_EQ(n_tokens(candidate), 2U);
}

TEST(RemoteText, ends_at_a_stop_string_and_behind_the_budget_at_a_sentence) {
    auto settings = of_tokens(20);
    settings.stop = {"more"};
    RemoteText stopped(settings, "");
    stopped.take(piece("Once"));
    stopped.take(piece(" more"));
    EXPECT_TRUE(stopped.has_ended());
    EXPECT_FALSE(stopped.was_told());
    EXPECT_EQ(std::move(stopped).finished().text, "Once");

    RemoteText ended(of_tokens(2), "");
    for (const char* each : {"It", " was", " so", ".", " Then", " more"})
        ended.take(piece(each));
    const auto candidate = std::move(ended).finished();
    EXPECT_EQ(candidate.text, "It was so.");
    EXPECT_EQ(candidate.ending, Ending::sentence_end);
    EXPECT_EQ(candidate.ids.size(), 4U);
}

TEST(RemoteText, sends_nothing_to_a_terminal_and_parts_sentences) {
    RemoteText text(of_tokens(20), " ");
    text.take({0, "He\x1B[31m said\x07", {}, SaidEnding::none});
    text.take({0, ".", {}, SaidEnding::end});
    const auto candidate = std::move(text).finished();
    EXPECT_EQ(candidate.text, " He[31m said.");
    EXPECT_EQ(candidate.ending, Ending::end_of_text);
    EXPECT_TRUE(candidate.ids.empty());
    EXPECT_EQ(candidate.draws, 2U);
}

}  // namespace
}  // namespace fabula::model
