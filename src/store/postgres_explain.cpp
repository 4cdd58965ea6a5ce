// SPDX-License-Identifier: 0BSD
// What PostgreSQL's complaints mean to a caller. The codes: its manual, appendix A.
#include "store/file_path.h"
#include "store/postgres_backend.h"

#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <algorithm>
#include <array>
#include <new>
#include <string_view>

namespace fabula::store {
namespace {

/// The first line, without what stands before the words: the others (DETAIL) would quote the story.
std::string first_line(std::string detail) {
    constexpr std::string_view no_connection = "Cannot establish connection to the database.\n";
    if (detail.starts_with(no_connection)) detail.erase(0, no_connection.size());
    for (const std::string_view severity : {"ERROR:  ", "FATAL:  ", "PANIC:  "}) {
        const auto at = detail.find(severity);
        if (at != std::string::npos) detail.erase(0, at + severity.size());
    }
    return detail.substr(0, detail.find('\n'));
}

enum class Meaning {
    disconnected,
    busy,
    read_only,
    not_allowed,
    full,
    out_of_memory,
    crowded,
    too_long,
    conflict,
    no_text,
    no_disk
};

struct Code {
    std::string_view begins;
    Meaning meaning{};
};

// The longer ones first.
constexpr std::array codes{
    Code{"55P03", Meaning::busy},
    Code{"57014", Meaning::busy},
    Code{"40", Meaning::busy},
    Code{"25006", Meaning::read_only},
    Code{"25P03", Meaning::disconnected},
    Code{"42501", Meaning::not_allowed},
    Code{"53100", Meaning::full},
    Code{"53200", Meaning::out_of_memory},
    Code{"53", Meaning::crowded},
    Code{"54", Meaning::too_long},
    Code{"22021", Meaning::no_text},
    Code{"23", Meaning::conflict},
    Code{"28", Meaning::not_allowed},
    Code{"57P", Meaning::disconnected},
    Code{"08", Meaning::disconnected},
    Code{"58", Meaning::no_disk},
};

}  // namespace

Error PostgresBackend::error(ErrorCode code, const std::string& what) const {
    return {code, one_line(name() + ": " + what)};
}

Error PostgresBackend::explain(const std::exception& failure) const {
    if (const auto* known = dynamic_cast<const soci::soci_error*>(&failure)) {
        const std::string detail = first_line(known->get_error_message());
        const auto* postgres = dynamic_cast<const soci::postgresql_soci_error*>(&failure);
        if (!session_ || !session_->get_backend()) {
            return error(ErrorCode::unavailable,
                         "no connection (" + detail +
                             "); start the server, or set address, user, password and database"
                             " right");
        }
        if (!is_connected()) return explain_state("08006", detail);
        return explain_state(postgres != nullptr ? postgres->sqlstate() : "", detail);
    }
    if (dynamic_cast<const std::bad_alloc*>(&failure) != nullptr)
        return error(ErrorCode::exhausted, "there is not enough memory");
    return error(ErrorCode::corrupt, "it is damaged (" + std::string(failure.what()) + ")");
}

Error PostgresBackend::explain_state(const std::string& state, const std::string& detail) const {
    const auto known = std::find_if(codes.begin(), codes.end(), [&](const Code& code) {
        return state.starts_with(code.begins);
    });
    if (known == codes.end()) {
        return error(ErrorCode::corrupt, "it is damaged (" + detail + "); restore it from a copy");
    }
    switch (known->meaning) {
        case Meaning::disconnected:
            return error(ErrorCode::unavailable,
                         "the connection to the server was lost (" + detail +
                             "); whether the last change was kept shows when it is back");
        case Meaning::busy:
            return error(ErrorCode::unavailable, "another fabula has been writing to it for " +
                                                     std::to_string(waiting_.wait_ms) +
                                                     " ms; try again when that one is done");
        case Meaning::read_only:
            return error(ErrorCode::unavailable,
                         "it can only be read (is it a standby server?); name another");
        case Meaning::not_allowed:
            return error(
                ErrorCode::unavailable,
                "not allowed (" + detail + "); give its user what is needed, or name another");
        case Meaning::full:
            return error(ErrorCode::exhausted, "the server's disk is full (" + detail + ")");
        case Meaning::out_of_memory:
            return error(ErrorCode::exhausted, "the server has not enough memory");
        case Meaning::crowded:
            return error(ErrorCode::unavailable,
                         "the server has no place (" + detail + "); try again later");
        case Meaning::too_long:
            return error(ErrorCode::exhausted,
                         "a text is longer than PostgreSQL keeps (" + detail + ")");
        case Meaning::no_text:
            return error(ErrorCode::invalid_input, "a text cannot be kept (" + detail + ")");
        case Meaning::conflict:
            return error(ErrorCode::conflict, detail);
        case Meaning::no_disk:
            return error(ErrorCode::unavailable,
                         "the server cannot read or write its files (" + detail + ")");
    }
    return error(ErrorCode::corrupt, detail);
}

}  // namespace fabula::store
