// SPDX-License-Identifier: 0BSD
#include "base/utf8.h"
#include "model/remote/hub.h"
#include "model/remote/json_member.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace fabula::model {
namespace {

using Json = nlohmann::json;

constexpr std::size_t most_files = 100'000;

bool is_hex(const std::string& text, std::size_t length) {
    return text.size() == length && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// A path that stays below the folder it is put into, of names that any file system has.
bool is_path(const std::string& path) {
    if (path.empty() || path.size() > 1024 || path.front() == '/' || !is_utf8(path)) return false;
    for (std::size_t at = 0; at <= path.size();) {
        const auto end = std::min(path.find('/', at), path.size());
        const auto name = path.substr(at, end - at);
        if (name.empty() || name == "." || name == ".." || name.size() > 200) return false;
        at = end + 1;
    }
    return std::none_of(path.begin(), path.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '\\';
    });
}

Error corrupt(const std::string& what) {
    return {ErrorCode::corrupt, "its listing " + what};
}

std::optional<std::uint64_t> size_of(const Json& value) {
    if (!value.is_number_integer() && !value.is_number_unsigned()) return std::nullopt;
    const double size = value.get<double>();
    if (size < 0 || size > 1e15) return std::nullopt;
    return static_cast<std::uint64_t>(size);
}

// Of a large file the sha256 is told, of a small one git's name of its bytes.
Result<HubFile> file_in(const Json& entry) {
    HubFile file;
    file.path = text_of(member(entry, "path"));
    if (!is_path(file.path)) return corrupt("has a file whose name leads elsewhere");
    const Json& large = member(entry, "lfs");
    const bool is_large = large.is_object();
    const auto size = size_of(member(is_large ? large : entry, "size"));
    if (!size) return corrupt("has a file without a size");
    file.size_bytes = *size;
    auto hash = text_of(member(is_large ? large : entry, "oid"));
    const bool is_hash = is_large ? is_hex(hash, 64) : hash.empty() || is_hex(hash, 40);
    if (!is_hash) return corrupt("has a file whose hash is none");
    (is_large ? file.sha256 : file.blob_sha1) = std::move(hash);
    return file;
}

}  // namespace

Result<std::vector<HubFile>> hub_files_in(std::string_view json) {
    const Json list = Json::parse(json, nullptr, false);
    if (!list.is_array() || list.size() > most_files) return corrupt("is no list");
    std::vector<HubFile> files;
    files.reserve(list.size());
    for (const auto& entry : list) {
        if (text_of(member(entry, "type")) != "file") continue;
        auto file = file_in(entry);
        if (!file) return file.error();
        files.push_back(*std::move(file));
    }
    return files;
}

Result<std::string> hub_commit_in(std::string_view json) {
    const Json parsed = Json::parse(json, nullptr, false);
    auto commit = text_of(member(parsed, "sha"));
    if (!is_hex(commit, 40)) return corrupt("names no commit");
    return commit;
}

}  // namespace fabula::model
