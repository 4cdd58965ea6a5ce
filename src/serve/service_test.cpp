// SPDX-License-Identifier: 0BSD
// The whole server in one process, over sockets, with the scripted model: for the threads' sake.
// What each route answers is tested by tests/serve.
#include "serve/service.h"

#include "base/scratch_folder.h"
#include "model/scripted.h"
#include "serve/raw_client.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace fabula::serve {
namespace {

constexpr const char* script =
    " She let the bucket down. It came up with a key in it. The key was warm.\n---\n"
    " At night there was a voice in it. It counted slowly. Nobody else heard.\n---\n"
    " The old man laughed. He had never seen it full. His father had, once.";

class Serving : public ::testing::Test {
protected:
    void SetUp() override { start(); }
    void TearDown() override { service.reset(); }

    void start() {
        ServiceOptions options;
        auto& offering = options.api.offering;
        offering.defaults.settings.max_new_tokens = 24;
        offering.policy = "random";
        offering.check_policy = [](const std::string&) { return Result(Unit{}); };
        offering.preset = [](const std::string&) -> Result<std::string> {
            return Error{ErrorCode::not_found, "no preset"};
        };
        offering.set_policy = [](engine::OfferOptions& offer, const std::string&,
                                 store::Store&) -> Result<Unit> {
            auto proposer = preference::learn(preference::Policy::random, {}, {});
            if (!proposer) return proposer.error();
            offer.proposer = *std::move(proposer);
            return Unit{};
        };
        options.api.presets = [] { return std::string(R"({"presets":[]})"); };
        const auto path = (folder / "story.db").string();
        service = std::make_unique<Service>(
            model::make_local(model::make_scripted(script, 4096).value()),
            [path] { return store::open_sqlite(path); }, std::move(options));
        const auto started = service->start();
        ASSERT_TRUE(started) << started.error().message;
    }

    std::string ask(const std::string& method, const std::string& path,
                    const std::string& body = "") const {
        RawClient client(service->port());
        std::string bytes = method + ' ' + path + " HTTP/1.1\r\nHost: localhost\r\n";
        if (!body.empty())
            bytes +=
                "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\n";
        client.send(bytes + "\r\n" + body);
        return client.answer();
    }

    // What comes on the stream of a story until that text has come.
    std::string events_until(const std::string& text) const {
        RawClient client(service->port());
        client.send("GET /api/v1/stories/1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
        return client.until(text);
    }

    ScratchFolder scratch;
    std::filesystem::path folder{scratch.path()};
    std::unique_ptr<Service> service;
};

TEST_F(Serving, readers_and_writers_at_once_see_each_offer_whole) {
    ASSERT_EQ(status_of(ask("POST", "/api/v1/stories", R"({"prompt":"The well was dry."})")), 201);
    constexpr int n_readers = 4;
    std::vector<std::string> read(n_readers);
    std::vector<std::thread> readers;
    readers.reserve(n_readers);
    for (auto& text : read)
        readers.emplace_back([&] { text = events_until("\"state\":\"done\""); });
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(status_of(ask("POST", "/api/v1/stories/1/offers", "{}")), 202);
    for (auto& reader : readers)
        reader.join();
    for (const auto& text : read) {
        EXPECT_NE(text.find("event: story\n"), std::string::npos);
        EXPECT_NE(text.find("\"state\":\"done\""), std::string::npos) << text;
    }
    // Three offers are drawn in the end; another reader is told them as the story's state.
    while (service != nullptr &&
           ask("GET", "/metrics").find("fabula_offers_total 3\n") == std::string::npos)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_NE(ask("GET", "/api/v1/stories/1").find("\"number\":2"), std::string::npos);
}

TEST_F(Serving, stops_while_readers_wait_and_starts_again_on_what_is_there) {
    ASSERT_EQ(status_of(ask("POST", "/api/v1/stories", R"({"prompt":"The well was dry."})")), 201);
    std::string read;
    std::thread reader([&] { read = events_until("event: bye"); });
    ask("POST", "/api/v1/stories/1/offers",
        R"({"settings":{"max_new_tokens":3000,"ignore_end":true}})");
    while (ask("GET", "/metrics").find("fabula_readers 1\n") == std::string::npos)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    service->stop();
    reader.join();
    EXPECT_NE(read.find("event: bye"), std::string::npos) << read;
    service.reset();
    start();
    EXPECT_EQ(status_of(ask("GET", "/api/v1/stories/1")), 200);
}

TEST_F(Serving, a_completion_waits_its_turn_and_streams) {
    const std::string body = R"({"prompt":"The well","max_tokens":12,"n":2,"stream":true})";
    std::string read;
    std::thread streaming([&] {
        RawClient client(service->port());
        client.send(
            "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            "Content-Type: application/json\r\nContent-Length: " +
            std::to_string(body.size()) + "\r\n\r\n" + body);
        read = client.until("[DONE]");
    });
    const auto whole = ask("POST", "/v1/completions", R"({"prompt":"The well","max_tokens":12})");
    streaming.join();
    EXPECT_EQ(status_of(whole), 200) << whole;
    EXPECT_NE(read.find("\"finish_reason\""), std::string::npos) << read;
    EXPECT_NE(read.find("[DONE]"), std::string::npos) << read;
}

}  // namespace
}  // namespace fabula::serve
