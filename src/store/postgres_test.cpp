// SPDX-License-Identifier: 0BSD
// What is PostgreSQL's own: addresses, locks between writers, broken connections, whose database it
// is. Without a server ($FABULA_TEST_POSTGRES) only what needs none is looked at.
#include "store/postgres_backend.h"
#include "store/random_story.h"
#include "store/test_database.h"
#include "store/test_files.h"

#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <unistd.h>

#include <csignal>
#include <set>

namespace fabula::store {
namespace {

using story::PassageId;

TEST(PostgresAddress, is_shown_without_its_password) {
    for (const auto& [url, shown] : std::vector<std::pair<std::string, std::string>>{
             {"postgresql://ada:s3cret@db.example:5433/stories",
              "postgresql://ada@db.example:5433/stories"},
             {"postgres://ada:s3%40cret@[::1]/stories?connect_timeout=3",
              "postgresql://ada@::1/stories"},
             {"postgresql:///stories?host=/run/x&user=ada&password=s3cret",
              "postgresql://ada@/stories?host=/run/x"},
             {"postgresql://ada:s3cret@%zz/stories", "postgresql://..."},
             {"/home/ada/x.db", "/home/ada/x.db"}}) {
        EXPECT_EQ(shown_address(url), shown);
    }
    EXPECT_TRUE(is_postgres("postgres://x/y"));
    EXPECT_FALSE(is_postgres("postgresql.db"));
}

TEST(PostgresAddress, that_cannot_be_read_is_refused_without_a_word_of_it) {
    for (const char* url : {"postgresql://ada:s3cret@%zz/stories", "postgresql://ada:s3c%ret@x/y",
                            "postgresql://ada:s3cret@x/y?no_such_option=1"}) {
        const auto address = parse_postgres_address(url, 1000);
        ASSERT_FALSE(address) << url;
        EXPECT_EQ(address.error().code, ErrorCode::invalid_input);
        EXPECT_EQ(address.error().message.find("s3c"), std::string::npos);
    }
    const auto odd = parse_postgres_address("postgresql://u:a'b%5Cc%20d@x/y", 1000);
    ASSERT_TRUE(odd) << odd.error().message;
    EXPECT_NE(odd->conninfo.find("password='a\\'b\\\\c d'"), std::string::npos) << odd->conninfo;
}

TEST(PostgresAddress, where_nobody_answers_is_unavailable) {
    const auto store = open_postgres("postgresql://ada:s3cret@127.0.0.1:1/stories", 500);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, ErrorCode::unavailable);
    EXPECT_NE(store.error().message.find("'postgresql://ada@127.0.0.1:1/stories'"),
              std::string::npos)
        << store.error().message;
    EXPECT_NE(store.error().message.find("start the server"), std::string::npos);
    EXPECT_EQ(store.error().message.find("s3cret"), std::string::npos);
    EXPECT_EQ(store.error().message.find('\n'), std::string::npos);
}

class Postgres : public testing::Test {
protected:
    void SetUp() override {
        if (database_kinds().size() < 2) GTEST_SKIP() << "no server";
        database = std::make_unique<TestDatabase>(DatabaseKind::postgres);
    }

    std::unique_ptr<Store> opened(int wait_ms = 10000,
                                  const std::function<void(std::string_view)>& on_wait = {}) {
        auto store = database->open(wait_ms, on_wait);
        EXPECT_TRUE(store) << store.error().message;
        return store ? std::move(*store) : nullptr;
    }

    void expect_refused(ErrorCode code, const std::string& words) {
        const auto store = database->open();
        ASSERT_FALSE(store);
        EXPECT_EQ(store.error().code, code) << store.error().message;
        EXPECT_NE(store.error().message.find(words), std::string::npos) << store.error().message;
        EXPECT_NE(store.error().message.find(database->where()), std::string::npos);
        EXPECT_EQ(store.error().message.find('\n'), std::string::npos);
    }

    std::unique_ptr<TestDatabase> database;
};

/// A session beside the store's, in the middle of something.
class Beside {
public:
    explicit Beside(const TestDatabase& database)
        : connection_(PQconnectdb(database.address().c_str()), &PQfinish) {}
    void run(const std::string& sql) {
        const std::unique_ptr<PGresult, decltype(&PQclear)> done(
            PQexec(connection_.get(), sql.c_str()), &PQclear);
        const auto status = PQresultStatus(done.get());
        EXPECT_TRUE(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
            << PQresultErrorMessage(done.get());
        const bool has_value = PQntuples(done.get()) > 0 && PQnfields(done.get()) > 0;
        value = has_value ? PQgetvalue(done.get(), 0, 0) : "";
    }
    std::string value;  // of the last result

private:
    std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

TEST_F(Postgres, refuses_a_wrong_password_without_naming_it) {
    std::string url = database->address();
    const auto colon = url.find(':', url.find("//"));
    url.replace(colon + 1, url.find('@') - colon - 1, "s3cret");
    const auto store = open_postgres(url);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, ErrorCode::unavailable) << store.error().message;
    EXPECT_NE(store.error().message.find("password authentication failed"), std::string::npos)
        << store.error().message;
    EXPECT_EQ(store.error().message.find("s3cret"), std::string::npos) << store.error().message;
}

TEST_F(Postgres, refuses_a_database_that_is_not_there) {
    const auto store = open_postgres(database->address() + "_not");
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, ErrorCode::unavailable);
    EXPECT_NE(store.error().message.find("does not exist"), std::string::npos)
        << store.error().message;
}

TEST_F(Postgres, refuses_what_belongs_to_another_program) {
    database->run("create table customers (id bigint)");
    expect_refused(ErrorCode::invalid_input, "belongs to another program");
    database->run("drop table customers");
    EXPECT_TRUE(database->open());
}

TEST_F(Postgres, refuses_a_newer_schema) {
    opened();
    database->run("update fabula_schema set version = 77");
    expect_refused(ErrorCode::invalid_input, "its schema 77 is newer than");
}

TEST_F(Postgres, refuses_an_encoding_that_cannot_hold_every_story) {
    database = std::make_unique<TestDatabase>(DatabaseKind::postgres,
                                              "encoding 'LATIN1' locale 'C' template template0");
    expect_refused(ErrorCode::invalid_input, "its encoding is LATIN1");
}

TEST_F(Postgres, takes_a_database_of_schema_5_along) {
    Story story = random_story(2);
    story.notes = {};
    ASSERT_TRUE(PostgresBackend::open(database->address(), {1000, {}}, migrations().first(5)));
    database->run(
        "insert into stories (id, title, seed, model, system, instruction, created)"
        " values (1, 'Old', '7', 'm', '', '', 5);"
        "insert into passages values (1, 0, 0, 'opening', 'Once.', 5);"
        "insert into moves values (1, 0, 'start', 0, 5);"
        "update counters set value = 1 where name = 'story'");
    const auto store = opened();
    EXPECT_EQ(store->check()->schema, static_cast<int>(migrations().size()));
    EXPECT_TRUE(store->check()->is_sound) << store->check()->findings;
    EXPECT_EQ(store->load(StoryId{1})->record.title, "Old");
    EXPECT_EQ(*store->version(StoryId{1}), 1U);
    EXPECT_EQ(*store->add_story(story), StoryId{2});
    EXPECT_NE(
        database->fault_of("update stories set title = 'New'").find("stories are append-only"),
        std::string::npos);
}

TEST_F(Postgres, undoes_a_migration_that_fails) {
    const StoryId id = *opened()->create({}, "Once.");
    std::vector<Migration> steps(migrations().begin(), migrations().end());
    steps.push_back({{"create table extra (id bigint)", "not even SQL"}, {}, {}});
    const auto store = PostgresBackend::open(database->address(), {1000, {}}, steps);
    ASSERT_FALSE(store);
    EXPECT_NE(store.error().message.find("was undone"), std::string::npos) << store.error().message;
    EXPECT_TRUE(opened()->load(id));
    EXPECT_NE(database->fault_of("select * from extra"), "");
}

TEST_F(Postgres, is_made_once_by_processes_that_open_it_at_once) {
    std::vector<int> makers;
    makers.reserve(4);
    for (int i = 0; i < 4; ++i) {
        makers.push_back(started([&] {
            auto store = database->open();
            return store && (*store)->create({}, "Once.") ? 0 : 1;
        }));
    }
    for (const int maker : makers)
        EXPECT_EQ(ended(maker), 0);
    EXPECT_EQ(opened()->list()->size(), 4U);
}

TEST_F(Postgres, writers_wait_for_each_other_and_then_it_is_unavailable) {
    std::vector<std::string> told;
    const auto store = opened(400, [&](std::string_view line) { told.emplace_back(line); });
    const StoryId story = *store->create({}, "Once.");
    RequestRecord request;
    request.story = story;
    request.model = "north";
    ASSERT_TRUE(store->add_request(request, 10));
    Beside other(*database);
    other.run("begin; select pg_advisory_xact_lock(1717658229, 1)");

    const auto refused = store->move(story, MoveKind::jump, PassageId::root, {});

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable) << refused.error().message;
    EXPECT_NE(refused.error().message.find("another fabula has been writing to it for 400 ms"),
              std::string::npos)
        << refused.error().message;
    EXPECT_EQ(told,
              std::vector{"waiting for another fabula that writes to '" + database->where() + "'"});
    EXPECT_TRUE(store->load(story)) << "reading goes on";
    EXPECT_TRUE(database->open()) << "opening, too";
    const auto claimed = store->claim_request("one", "north", Timestamp{1}, Timestamp{9});
    ASSERT_TRUE(claimed) << claimed.error().message;
    EXPECT_TRUE(*claimed) << "claims wait for no writer";
    EXPECT_EQ(store->renew_claims("one", Timestamp{99})->size(), 1U);
    EXPECT_TRUE(store->forget_requests(Timestamp{1}));
    EXPECT_EQ(told.size(), 1U);
    other.run("rollback");
    EXPECT_TRUE(store->move(story, MoveKind::jump, PassageId::root, {}));
    EXPECT_EQ(told.size(), 1U);
}

TEST_F(Postgres, a_request_that_somebody_changes_is_passed_over_by_claims) {
    const auto store = opened();
    RequestRecord request;
    request.model = "north";
    std::vector<RequestId> asked;
    for (int i = 0; i < 2; ++i) {
        request.story = *store->create({}, "Once.");
        asked.push_back(store->add_request(request, 10)->id);
    }
    Beside other(*database);
    other.run("begin; update requests set error = 'x' where id = 1");
    EXPECT_EQ(store->claim_request("one", "north", Timestamp{1}, Timestamp{9}).value()->id,
              asked[1]);
    EXPECT_FALSE(*store->claim_request("one", "north", Timestamp{1}, Timestamp{9}));
    other.run("rollback");
    EXPECT_EQ(store->claim_request("one", "north", Timestamp{1}, Timestamp{9}).value()->id,
              asked[0]);
}

TEST_F(Postgres, a_connection_that_broke_is_opened_again) {
    const auto store = opened();
    const StoryId story = *store->create({}, "Once.");
    for (int i = 0; i < 3; ++i) {
        Beside other(*database);
        other.run(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()");
        EXPECT_EQ(other.value, "1");
        const auto moved = store->move(story, MoveKind::jump, PassageId::root, {});
        EXPECT_TRUE(moved) << moved.error().message;
        EXPECT_TRUE(store->check()->is_sound);
    }
    EXPECT_EQ(store->load(story)->moves.size(), 4U);
}

TEST_F(Postgres, what_waits_when_its_connection_breaks_fails_and_keeps_nothing) {
    const auto store = opened(10'000, [&](std::string_view) {
        Beside other(*database);
        other.run(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and application_name = 'fabula'");
    });
    const StoryId story = *store->create({}, "Once.");
    Beside other(*database);
    other.run("begin; select pg_advisory_xact_lock(1717658229, 1)");
    const auto moved = store->move(story, MoveKind::jump, PassageId::root, {});
    other.run("rollback");
    const auto now = store->load(story);
    ASSERT_TRUE(now) << now.error().message;
    EXPECT_EQ(now->moves.size(), 1U);
    ASSERT_FALSE(moved);
    EXPECT_EQ(moved.error().code, ErrorCode::unavailable) << moved.error().message;
}

TEST_F(Postgres, removed_words_are_in_no_table_any_more) {
    const auto store = opened();
    const StoryId kept = *store->create({}, "The dragonfly.");
    StoryRecord record;
    record.system = "nightingale";
    std::string text;
    for (int i = 0; i < 1000; ++i)
        text += " nightingale " + std::to_string(i * i);
    const StoryId removed = *store->create(record, text);
    ASSERT_TRUE(store->add_offer(removed, some_offer(PassageId::root, {text, " nightingale"})));
    const auto tables_with = [&](const std::string& word) {
        Beside other(*database);
        other.run("checkpoint");
        other.run(
            "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where c.relkind = 'r' and n.nspname = 'public' and position(convert_to('" +
            word + "', 'UTF8') in pg_read_binary_file(pg_relation_filepath(c.oid::regclass))) > 0");
        return other.value;
    };
    ASSERT_NE(tables_with("nightingale"), "0") << "or this test shows nothing";
    const auto gone = store->remove(removed);
    ASSERT_TRUE(gone) << gone.error().message;
    EXPECT_EQ(tables_with("nightingale"), "0");
    EXPECT_NE(tables_with("dragonfly"), "0");
    EXPECT_TRUE(store->load(kept));
}

TEST_F(Postgres, says_what_its_server_does_not_promise) {
    EXPECT_EQ(opened()->check()->advice, "");
    database->run(
        "do $$ begin execute 'alter database ' || current_database() ||"
        " ' set synchronous_commit = off'; end $$");
    const auto store = opened();
    const auto health = store->check();
    EXPECT_TRUE(health->is_sound) << health->findings;
    EXPECT_NE(health->advice.find("synchronous_commit is off"), std::string::npos)
        << health->advice;
    EXPECT_GT(health->size_bytes, 4096U);
}

std::string word(int number) {
    return " passage " + std::to_string(number) + ".";
}

/// Appends passages for ever and writes the number of each that was accepted to `pipe`.
int append_and_report(const TestDatabase& database, StoryId story, int first, int pipe) {
    auto store = database.open();
    if (!store) return 2;
    for (int number = first;; ++number) {
        if (!(*store)->add_passage(story, PassageId::root, story::Origin::written, word(number),
                                   Timestamp{number}))
            return 3;
        if (::write(pipe, &number, sizeof number) != sizeof number) return 4;
    }
}

TEST_F(Postgres, kill_9_loses_no_passage_that_was_accepted) {
    const StoryId story = *opened()->create({}, "Once.");
    std::set<std::string> accepted;
    int next = 0;
    for (int round = 0; round < 8; ++round) {
        int report[2];
        ASSERT_EQ(::pipe(report), 0);
        const int writer =
            started([&] { return append_and_report(*database, story, next, report[1]); });
        ::close(report[1]);
        int number = 0;
        for (int i = 0; i < 2 + round; ++i) {
            ASSERT_EQ(::read(report[0], &number, sizeof number), sizeof number);
            accepted.insert(word(number));
        }
        ::kill(writer, SIGKILL);
        EXPECT_EQ(ended(writer), 128 + SIGKILL);
        while (::read(report[0], &number, sizeof number) == sizeof number)
            accepted.insert(word(number));
        ::close(report[0]);
        next = number + 2;  // the one in flight may have been kept, too
    }
    const auto store = opened();
    EXPECT_TRUE(store->check()->is_sound) << store->check()->findings;
    const auto kept = store->load(story);
    ASSERT_TRUE(kept) << kept.error().message;
    std::set<std::string> found;
    for (const PassageRecord& each : kept->passages)
        found.insert(each.passage.text);
    for (const std::string& each : accepted)
        EXPECT_TRUE(found.contains(each)) << each;
    EXPECT_GE(accepted.size(), 40U);
}

}  // namespace
}  // namespace fabula::store
