// SPDX-License-Identifier: 0BSD
// A database that cannot be used gives one line that names it and says what can be done.
#include "base/rng.h"
#include "base/scratch_folder.h"
#include "store/random_story.h"
#include "store/store.h"
#include "store/test_files.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <iostream>

namespace fabula::store {
namespace {

using story::PassageId;

constexpr int skipped = 77;

/// Whether `error` is one line, names `path` and has that code; says on the terminal why not.
bool is_good_error(const Error& error, ErrorCode code, const std::string& path) {
    const bool is_good = error.code == code && error.message.find('\n') == std::string::npos &&
                         error.message.find(path) != std::string::npos;
    if (!is_good) std::cerr << name_of(error.code) << ": " << error.message << "\n";
    return is_good;
}

void expect_refused(const std::string& path, ErrorCode code, const std::string& words = "") {
    const auto store = open_sqlite(path);
    ASSERT_FALSE(store) << path;
    EXPECT_TRUE(is_good_error(store.error(), code, path));
    EXPECT_NE(store.error().message.find(words), std::string::npos) << store.error().message;
}

TEST(BadFiles, random_bytes_are_not_a_database_and_are_left_as_they_are) {
    const ScratchFolder folder;
    const Rng rng(5);
    for (const std::size_t size : {1U, 15U, 99U, 100U, 512U, 4096U, 40'000U}) {
        std::string bytes;
        for (std::size_t i = 0; i < size; ++i) {
            bytes += static_cast<char>(static_cast<int>(256 * rng.uniform(i)) - 128);
        }
        const std::string path = folder.at(std::to_string(size) + ".db");
        write_bytes(path, bytes);
        expect_refused(path, ErrorCode::corrupt, "not a database");
        EXPECT_TRUE(bytes_of(path) == bytes) << path;
    }
}

TEST(BadFiles, a_truncated_database_is_corrupt) {
    const ScratchFolder folder;
    const std::string path = folder.at("x.db");
    {
        const auto store = open_sqlite(path);
        for (std::uint64_t seed = 0; seed < 10; ++seed) {
            ASSERT_TRUE((*store)->add_story(random_story(seed)));
        }
    }
    const std::string whole = bytes_of(path);
    ASSERT_GT(whole.size(), 65'536U);
    for (const std::size_t size : {std::size_t{60}, std::size_t{700}, std::size_t{4096},
                                   std::size_t{10'000}, whole.size() / 2, whole.size() - 4096}) {
        const std::string part = folder.at(std::to_string(size) + ".db");
        write_bytes(part, whole.substr(0, size));
        expect_refused(part, ErrorCode::corrupt);
    }
}

TEST(BadFiles, a_damaged_page_is_found_by_check_or_by_load) {
    const ScratchFolder folder;
    const std::string path = folder.at("x.db");
    {
        const auto store = open_sqlite(path);
        for (std::uint64_t seed = 0; seed < 10; ++seed) {
            ASSERT_TRUE((*store)->add_story(random_story(seed)));
        }
    }
    const std::string whole = bytes_of(path);
    const Rng rng(6);
    int n_found = 0;
    for (std::uint64_t round = 0; round < 20; ++round) {
        std::string bytes = whole;
        const std::size_t n_pages = whole.size() / 4096;
        const auto page =
            1 + static_cast<std::size_t>(rng.uniform(round) * static_cast<double>(n_pages - 1));
        for (std::size_t i = 0; i < 64; ++i)
            bytes[page * 4096 + i] = '\x5a';
        const std::string part = folder.at(std::to_string(round) + ".db");
        write_bytes(part, bytes);
        const auto store = open_sqlite(part);
        if (!store) {
            EXPECT_TRUE(is_good_error(store.error(), ErrorCode::corrupt, part));
            ++n_found;
            continue;
        }
        const auto health = (*store)->check();
        if (!health || !health->is_sound) ++n_found;
        if (health) {
            EXPECT_EQ(health->findings.find('\n'), std::string::npos);
        }
        for (std::int64_t id = 1; id <= 10; ++id) {
            if (const auto story = (*store)->load(StoryId{id}); !story) {
                EXPECT_TRUE(story.error().code == ErrorCode::corrupt ||
                            story.error().code == ErrorCode::not_found)
                    << story.error().message;
            }
        }
    }
    EXPECT_EQ(n_found, 20);
}

TEST(BadFiles, another_programs_database_is_left_as_it_is) {
    const ScratchFolder folder;
    const std::string path = folder.at("x.db");
    run_sql(path, "create table recipes (name text); insert into recipes values ('soup')");
    const std::string before = bytes_of(path);
    expect_refused(path, ErrorCode::invalid_input, "another program");
    EXPECT_TRUE(bytes_of(path) == before);
}

TEST(BadFiles, folders_devices_and_no_names_are_refused) {
    const ScratchFolder folder;
    expect_refused(folder.at(""), ErrorCode::invalid_input, "folder");
    expect_refused(folder.at("new/"), ErrorCode::invalid_input, "folder");
    expect_refused("/dev/null", ErrorCode::invalid_input, "not an ordinary file");
    expect_refused("", ErrorCode::invalid_input, "not the name of a file");
    expect_refused(":memory:", ErrorCode::invalid_input, "not the name of a file");
    write_bytes(folder.at("file"), "x");
    expect_refused(folder.at("file/x.db"), ErrorCode::invalid_input);
    expect_refused(folder.at("file/sub/x.db"), ErrorCode::invalid_input);
    expect_refused(folder.at(std::string(300, 'n')), ErrorCode::invalid_input);
}

TEST(BadFiles, a_line_break_in_the_name_stays_out_of_the_message) {
    const ScratchFolder folder;
    const std::string path = folder.at("two\nlines.db");
    write_bytes(path, std::string(1000, 'x'));
    const auto store = open_sqlite(path);
    ASSERT_FALSE(store);
    EXPECT_NE(store.error().message.find("two lines.db"), std::string::npos);
    EXPECT_EQ(store.error().message.find('\n'), std::string::npos);
}

/// Runs `work` as a user whom file permissions bind, which root's do not.
int as_nobody(const std::function<int()>& work) {
    return ended(started([&] {
        if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) return skipped;
        return work();
    }));
}

#define FABULA_SKIP_OR_EXPECT_0(status)                                       \
    do {                                                                      \
        const int got = (status);                                             \
        if (got == skipped) GTEST_SKIP() << "this machine does not allow it"; \
        EXPECT_EQ(got, 0);                                                    \
    } while (false)

TEST(BadFiles, a_read_only_file_is_unavailable) {
    const ScratchFolder folder;
    const std::string path = folder.at("x.db");
    ASSERT_TRUE(open_sqlite(path));
    ASSERT_EQ(::chmod(folder.at("").c_str(), 0777) | ::chmod(path.c_str(), 0444), 0);
    FABULA_SKIP_OR_EXPECT_0(as_nobody([&] {
        const auto store = open_sqlite(path);
        if (store) return 1;
        const bool tells =
            store.error().message.find("allow yourself to write") != std::string::npos;
        return is_good_error(store.error(), ErrorCode::unavailable, path) && tells ? 0 : 2;
    }));
}

TEST(BadFiles, a_file_that_may_not_be_read_is_unavailable) {
    const ScratchFolder folder;
    const std::string path = folder.at("x.db");
    ASSERT_TRUE(open_sqlite(path));
    ASSERT_EQ(::chmod(folder.at("").c_str(), 0777) | ::chmod(path.c_str(), 0), 0);
    FABULA_SKIP_OR_EXPECT_0(as_nobody([&] {
        const auto store = open_sqlite(path);
        if (store) return 1;
        return is_good_error(store.error(), ErrorCode::unavailable, path) ? 0 : 2;
    }));
}

TEST(BadFiles, a_read_only_folder_is_unavailable) {
    const ScratchFolder folder;
    const std::string path = folder.at("x.db");
    const std::string fresh = folder.at("new.db");
    const std::string deep = folder.at("new/new.db");
    ASSERT_TRUE(open_sqlite(path));
    ASSERT_EQ(::chmod(folder.at("").c_str(), 0555) | ::chmod(path.c_str(), 0666), 0);
    FABULA_SKIP_OR_EXPECT_0(as_nobody([&] {
        for (const std::string& each : {path, fresh, deep}) {
            const auto store = open_sqlite(each);
            if (store) return 1;
            if (!is_good_error(store.error(), ErrorCode::unavailable, each)) return 2;
        }
        return 0;
    }));
    EXPECT_EQ(::chmod(folder.at("").c_str(), 0755), 0);
}

/// Adds passages until it fails: 0 when that failure is `exhausted`, and what was accepted is still
/// there, and goes on when `make_room` has been called.
int fill(const std::string& path, const std::function<void()>& make_room) {
    auto store = open_sqlite(path);
    if (!store) {
        std::cerr << store.error().message << "\n";
        return 1;
    }
    const auto story = (*store)->create({}, "Once.");
    if (!story) return 2;
    const std::string text(3000, 'x');
    std::size_t n_accepted = 1;
    for (; n_accepted < 10'000; ++n_accepted) {
        const auto passage = (*store)->add_passage(*story, PassageId::root, story::Origin::written,
                                                   text, Timestamp{});
        if (passage) continue;
        if (!is_good_error(passage.error(), ErrorCode::exhausted, path)) return 3;
        break;
    }
    if (n_accepted == 10'000) return 4;
    const auto kept = (*store)->load(*story);
    if (!kept || kept->passages.size() != n_accepted) return 5;
    make_room();
    if (!(*store)->add_passage(*story, PassageId::root, story::Origin::written, text,
                               Timestamp{})) {
        return 6;
    }
    store->reset();
    const auto again = open_sqlite(path);
    if (!again || !(*again)->check()->is_sound) return 7;
    return (*again)->load(*story)->passages.size() == n_accepted + 1 ? 0 : 8;
}

TEST(BadFiles, a_file_that_may_not_grow_is_exhausted_and_loses_nothing) {
    const ScratchFolder folder;
    const auto limited = started([&] {
        ::signal(SIGXFSZ, SIG_IGN);
        rlimit limit{};
        ::getrlimit(RLIMIT_FSIZE, &limit);
        limit.rlim_cur = 300'000;
        ::setrlimit(RLIMIT_FSIZE, &limit);
        return fill(folder.at("x.db"), [&] {
            limit.rlim_cur = limit.rlim_max;
            ::setrlimit(RLIMIT_FSIZE, &limit);
        });
    });
    EXPECT_EQ(ended(limited), 0);
}

/// A file system of 400 KiB on `folder`, seen by this process alone.
bool mount_small_disk(const std::string& folder) {
    const int user_too = ::geteuid() == 0 ? 0 : CLONE_NEWUSER;
    return ::unshare(CLONE_NEWNS | user_too) == 0 &&
           ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
           ::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=400k") == 0;
}

TEST(BadFiles, a_full_disk_is_exhausted_and_loses_nothing) {
    const ScratchFolder folder;
    FABULA_SKIP_OR_EXPECT_0(ended(started([&] {
        const std::string disk = folder.at("");
        if (!mount_small_disk(disk)) return skipped;
        const int filled = fill(folder.at("x.db"), [&] {
            ::mount("tmpfs", disk.c_str(), "tmpfs", MS_REMOUNT, "size=4m");
        });
        ::umount2(disk.c_str(), MNT_DETACH);
        return filled;
    })));
}

TEST(BadFiles, a_full_disk_at_the_first_open_is_exhausted) {
    const ScratchFolder folder;
    FABULA_SKIP_OR_EXPECT_0(ended(started([&] {
        const std::string disk = folder.at("");
        if (!mount_small_disk(disk)) return skipped;
        const std::string rubbish(399'360, 'x');
        write_bytes(folder.at("rubbish"), rubbish);
        const std::string path = folder.at("x.db");
        const auto store = open_sqlite(path);
        const bool is_good = !store && is_good_error(store.error(), ErrorCode::exhausted, path);
        ::umount2(disk.c_str(), MNT_DETACH);
        return is_good ? 0 : 1;
    })));
}

}  // namespace
}  // namespace fabula::store
