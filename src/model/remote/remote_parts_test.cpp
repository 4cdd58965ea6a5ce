// SPDX-License-Identifier: 0BSD
#include "base/scratch_folder.h"
#include "model/remote/dialect.h"
#include "model/remote/endpoint.h"
#include "model/remote/key.h"
#include "model/remote/prices.h"
#include "model/remote/prompt_ids.h"
#include "model/remote/question.h"
#include "model/remote/retry.h"
#include "model/remote/spending.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace fabula::model {
namespace {

Endpoint endpoint(const std::string& text, RemoteApi api = RemoteApi::openai) {
    const auto found = endpoint_named(text, api);
    EXPECT_TRUE(found) << found.error().message;
    return found ? *found : Endpoint{};
}

TEST(Endpoint, is_an_address_with_a_weight_and_a_variable) {
    EXPECT_EQ(endpoint("http://a:8080").url, "http://a:8080/v1");
    EXPECT_EQ(endpoint("https://openrouter.ai/api/v1/").url, "https://openrouter.ai/api/v1");
    EXPECT_EQ(endpoint("http://a/v1/chat/completions").url, "http://a/v1");
    EXPECT_EQ(endpoint("http://a:80/", RemoteApi::ollama).url, "http://a:80");
    const auto full = endpoint("http://a/v1,weight=2.5,key=MY_KEY");
    EXPECT_EQ(full.weight, 2.5);
    EXPECT_EQ(full.variable, "MY_KEY");
}

TEST(Endpoint, refuses_what_is_none_without_repeating_secrets) {
    for (const char* text :
         {"", "ftp://a", "http://", "http://me:secret@a", "http://a/v1,weight=0",
          "http://a,weight=-1", "http://a,weight=nan", "http://a,key=", "http://a,key=sk-secret",
          "http://a,secret", "http://a/?x=secret", "http://a b"}) {
        const auto found = endpoint_named(text, RemoteApi::openai);
        ASSERT_FALSE(found) << text;
        EXPECT_EQ(found.error().code, ErrorCode::invalid_input);
        EXPECT_EQ(found.error().message.find("secret"), std::string::npos) << text;
    }
}

TEST(Endpoint, an_origin_has_scheme_host_and_port) {
    EXPECT_EQ(origin_of("https://A.org/x"), "https://a.org:443");
    EXPECT_NE(origin_of("http://a.org"), origin_of("http://a.org:8080"));
    EXPECT_EQ(origin_of("http://a.org@b.org/"), "http://b.org:80");
    EXPECT_EQ(origin_of("http://a.org\\@b.org/"), "http://a.org:80");
    EXPECT_EQ(origin_of("http://[::1]:8/"), "http://[::1]:8");
    EXPECT_TRUE(is_loopback_url("http://127.0.0.1:80/"));
    EXPECT_FALSE(is_loopback_url("http://127.0.0.1.evil.org/"));
}

TEST(Balance, shares_by_weight_and_passes_over_those_that_failed) {
    const std::vector<Endpoint> endpoints{{"http://a", 3, ""}, {"http://b", 1, ""}};
    Balance balance(endpoints);
    const Balance::Clock::time_point now{};
    std::array<int, 2> n{};
    for (int i = 0; i < 40; ++i)
        ++n[*balance.next(now)];
    EXPECT_EQ(n[0], 30);
    const auto later = now + std::chrono::seconds(5);
    balance.set_aside(0, later);
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(balance.next(now + std::chrono::seconds(1)), 1U);
    balance.set_aside(1, later + std::chrono::seconds(1));
    EXPECT_FALSE(balance.next(now + std::chrono::seconds(2)));
    EXPECT_EQ(balance.first_back(now), later);
    EXPECT_EQ(balance.next(later), 0U);
    balance.praise(1);
    EXPECT_EQ(balance.first_back(now), now);
}

KeySources variables(std::map<std::string, std::string> values) {
    return {[values = std::move(values)](const std::string& name) -> std::optional<std::string> {
                const auto found = values.find(name);
                if (found == values.end()) return std::nullopt;
                return found->second;
            },
            {}};
}

TEST(Keys, each_goes_to_its_own_host) {
    const std::vector<Endpoint> endpoints{endpoint("http://own:1"),
                                          endpoint("http://other:1"),
                                          endpoint("https://openrouter.ai/api/v1"),
                                          endpoint("https://api.openai.com/v1"),
                                          endpoint("https://router.huggingface.co/v1"),
                                          endpoint("https://openrouter.ai.evil.org/v1")};
    const auto keys = keys_of(endpoints, RemoteApi::openai,
                              variables({{"FABULA_API_KEY", "own"},
                                         {"OPENROUTER_KEY", "router"},
                                         {"OPENAI_API_KEY", "openai"},
                                         {"HF_TOKEN", "hub"}}));
    ASSERT_TRUE(keys) << keys.error().message;
    EXPECT_EQ(*keys, (std::vector<std::string>{"own", "", "router", "openai", "hub", ""}));
}

TEST(Keys, a_services_key_does_not_go_over_http) {
    const std::vector<Endpoint> endpoints{endpoint("http://api.openai.com/v1")};
    const auto keys =
        keys_of(endpoints, RemoteApi::openai, variables({{"OPENAI_API_KEY", "secret"}}));
    ASSERT_FALSE(keys);
    EXPECT_EQ(keys.error().message.find("secret"), std::string::npos);
    const auto broken =
        keys_of(endpoints, RemoteApi::openai, variables({{"FABULA_API_KEY", "sec\nret: x"}}));
    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error().message.find("sec"), std::string::npos);
}

TEST(Keys, are_taken_out_of_what_is_said) {
    const std::vector<std::string> keys{"abc", ""};
    EXPECT_EQ(without_keys("abcabc and abc", keys), "****** and ***");
}

TEST(Keys, a_token_file_is_for_its_owner_alone) {
    const ScratchFolder folder;
    const auto path = folder.path() + "/.hf_token";
    EXPECT_EQ(*read_token_file(path), "");
    std::ofstream(path) << "hf_token\n";
    std::filesystem::permissions(path, std::filesystem::perms(0600));
    EXPECT_EQ(*read_token_file(path), "hf_token");
    std::filesystem::permissions(path, std::filesystem::perms(0604));
    EXPECT_FALSE(read_token_file(path));
}

TEST(Retry, waits_as_asked_and_longer_each_time) {
    EXPECT_EQ(retry_after("2", 0), std::chrono::milliseconds(2000));
    EXPECT_EQ(retry_after("0.5", 0), std::chrono::milliseconds(500));
    EXPECT_EQ(retry_after("Thu, 01 Jan 1970 00:01:00 GMT", 50), std::chrono::milliseconds(10'000));
    EXPECT_EQ(retry_after("Thu, 01 Jan 1970 00:01:00 GMT", 90), std::chrono::milliseconds(0));
    EXPECT_FALSE(retry_after("soon", 0));
    EXPECT_FALSE(retry_after("nan", 0));
    EXPECT_FALSE(retry_after("", 0));
    for (std::size_t attempt = 1; attempt < 40; ++attempt) {
        const auto wait = backoff(attempt, Rng(7), {});
        EXPECT_GE(wait.count(), 250);
        EXPECT_LE(wait.count(), 30'000);
    }
    EXPECT_GE(backoff(1, Rng(7), std::chrono::milliseconds(9000)).count(), 9000);
}

TEST(PromptIds, give_the_prompt_back) {
    Prompt prompt;
    prompt.chat = true;
    prompt.system = "You write.";
    prompt.instruction = "";
    prompt.blocks = {{"On\xC3\xA9", {}}, {"", {}}, {" the sea", {1, 2}}};
    const auto encoded = encode_prompt(prompt);
    EXPECT_EQ(encoded.block_tokens, (std::vector<std::size_t>{2, 0, 3}));
    EXPECT_EQ(encoded.ids.size(), encoded.frame_tokens + 5);
    const auto plain = decode_prompt(encoded.ids);
    ASSERT_TRUE(plain);
    EXPECT_TRUE(plain->is_chat);
    EXPECT_EQ(plain->system, "You write.");
    EXPECT_EQ(plain->text, "On\xC3\xA9 the sea");
    std::string spelled;
    const auto pieces = spell_prompt(encoded.ids);
    ASSERT_TRUE(pieces);
    for (const auto& each : *pieces)
        spelled += each;
    EXPECT_EQ(spelled, "You write.On\xC3\xA9 the sea");
    for (const TokenId id : {0, 5, -1, (1 << 25) + (1 << 16), (1 << 26) + 3, 0x01FFFFFF})
        EXPECT_FALSE(decode_prompt(std::vector<TokenId>{id})) << id;
}

TEST(Dialect, sends_what_is_known_and_names_the_rest) {
    sample::Settings settings;
    settings.top_k = 40;
    settings.typical_p = 0.9;
    settings.bad_words = {"door"};
    auto plain = sent_settings(Dialect::plain, settings, {});
    EXPECT_EQ(plain.left_out, (std::vector<std::string>{"top_k", "typical_p", "bad_words"}));
    const auto own = sent_settings(Dialect::fabula, settings, {});
    EXPECT_TRUE(own.left_out.empty());
    const auto llama = sent_settings(Dialect::llama_server, settings, {"typical_p"});
    EXPECT_EQ(llama.left_out, (std::vector<std::string>{"typical_p", "bad_words"}));
    // Its own default is 0.05.
    EXPECT_TRUE(std::any_of(llama.numbers.begin(), llama.numbers.end(), [](const auto& each) {
        return each.name == "min_p" && each.value == 0;
    }));
    EXPECT_EQ(dialect_of("vllm", "gpu"), Dialect::vllm);
    EXPECT_EQ(dialect_of("", "openrouter.ai"), Dialect::openrouter);
    EXPECT_EQ(dialect_of("", "notopenrouter.ai"), Dialect::plain);
}

TEST(Question, a_chat_that_cannot_go_on_shows_the_story_in_the_question) {
    Addressee addressee;
    addressee.api = RemoteApi::openai_chat;
    Question question;
    question.is_chat = true;
    question.instruction = "Write.";
    question.text = "The door";
    question.max_tokens = 5;
    const auto shown = asked_of(addressee, question);
    EXPECT_EQ(shown.path, "/chat/completions");
    EXPECT_EQ(shown.body.find("assistant"), std::string::npos);
    EXPECT_NE(shown.body.find("The door\"}"), std::string::npos) << shown.body;
    addressee.goes_on = true;
    const auto begun = asked_of(addressee, question);
    EXPECT_NE(begun.body.find(R"({"role":"assistant","content":"The door"})"), std::string::npos);
}

TEST(Prices, are_for_a_model_at_a_host) {
    const auto prices = parse_prices(
        "currency = \"EUR\"\n[[price]]\nmodel = \"m\"\nhost = \"a\"\ninput = 1\ncached = 0.5\n"
        "output = 2.0\n[[price]]\nmodel = \"*\"\ninput = 10\noutput = 20\n");
    ASSERT_TRUE(prices) << prices.error().message;
    const auto* price = prices->find("m", "a");
    ASSERT_NE(price, nullptr);
    EXPECT_DOUBLE_EQ(money_for(*price, {1'000'000, 500'000, 1'000'000}), 0.5 + 0.25 + 2);
    EXPECT_EQ(prices->find("m", "b")->input, 10);
    for (const char* bad :
         {"", "[[price]]\nmodel = 'x'\n", "[[price]]\nmodel='x'\ninput=-1\noutput=1\n",
          "[[price]]\nmodel='x'\ninput='1'\noutput=1\n", "x = [",
          "[[price]]\nmodel='x'\ninput=1\noutput=1\nprompt=1\n"})
        EXPECT_FALSE(parse_prices(bad)) << bad;
}

TEST(Spending, refuses_what_would_overrun_a_budget_of_the_run_or_of_the_month) {
    const ScratchFolder folder;
    Budget budget;
    budget.run_tokens = 100;
    budget.month_money = 1;
    Spending first(folder.path(), budget);
    UsageLine line;
    line.time = 1.8e9;
    line.prompt_tokens = 40;
    line.completion_tokens = 20;
    line.money = 0.8;
    line.model = "m\"\n";
    ASSERT_TRUE(first.add(line));
    EXPECT_TRUE(first.allow({40, 0.1}, 1.8e9));
    EXPECT_EQ(first.allow({41, 0.1}, 1.8e9).error().code, ErrorCode::exhausted);
    const Spending second(folder.path(), budget);
    EXPECT_FALSE(second.allow({1, 0.3}, 1.8e9));
    EXPECT_TRUE(second.allow({1, 0.3}, 1.9e9)) << "another month";
    EXPECT_EQ(spent_in("no JSON\n[]\n{\"money\":\"x\"}\n{\"prompt_tokens\":-5}\n").tokens, 0U);
    EXPECT_EQ(month_of(1.8e9), "2027-01");
}

}  // namespace
}  // namespace fabula::model
