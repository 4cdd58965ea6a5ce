// SPDX-License-Identifier: 0BSD
#include "exchange/dataset_files.h"

#include "exchange/dataset_json.h"
#include "model/sha256.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

namespace fabula::exchange {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t hash_digits = 64;

bool is_hash(std::string_view text) {
    return text.size() == hash_digits &&
           text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

std::string offers_file(std::size_t split) {
    return std::string("data/") + split_names[split] + ".jsonl";
}

std::string pairs_file(std::size_t split) {
    return std::string("pairs/") + split_names[split] + ".jsonl";
}

const std::vector<std::string>& dataset_files() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all{"README.md", manifest_name, "schema.json"};
        for (std::size_t i = 0; i < n_splits; ++i) {
            all.push_back(offers_file(i));
            all.push_back(pairs_file(i));
        }
        std::sort(all.begin(), all.end());
        return all;
    }();
    return names;
}

Result<std::string> checksums_of(const std::string& folder) {
    std::string lines;
    for (const auto& name : dataset_files()) {
        const auto hash = model::sha256_of_file(folder + "/" + name);
        if (!hash) return hash.error();
        lines += *hash + "  " + name + "\n";
    }
    return lines;
}

Result<std::map<std::string, std::string>> read_checksums(std::string_view text) {
    std::map<std::string, std::string> hashes;
    std::size_t number = 0;
    for (std::size_t at = 0; at < text.size();) {
        ++number;
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string_view line = text.substr(at, end - at);
        at = end + 1;
        const bool is_one =
            line.size() > hash_digits + 2 && is_hash(line.substr(0, hash_digits)) &&
            (line.substr(hash_digits, 2) == "  " || line.substr(hash_digits, 2) == " *");
        const std::string name(is_one ? line.substr(hash_digits + 2) : "");
        if (!is_one || !hashes.emplace(name, line.substr(0, hash_digits)).second)
            return Error{ErrorCode::invalid_input,
                         std::string(checksums_name) + ": line " + std::to_string(number) +
                             " is no hash with a file, or names one twice"};
    }
    return hashes;
}

Result<std::string> first_stranger(const std::string& folder) {
    std::error_code failed;
    auto entry = fs::recursive_directory_iterator(folder, failed);
    for (; !failed && entry != fs::recursive_directory_iterator(); entry.increment(failed)) {
        const std::string name = entry->path().lexically_relative(folder).generic_string();
        const auto status = entry->symlink_status(failed);
        if (failed) break;
        const auto& files = dataset_files();
        const bool is_file =
            fs::is_regular_file(status) &&
            (name == checksums_name || std::binary_search(files.begin(), files.end(), name));
        const bool is_folder = fs::is_directory(status) && (name == "data" || name == "pairs");
        if (!is_file && !is_folder) return name;
    }
    if (failed)
        return Error{ErrorCode::unavailable, "folder '" + folder + "': " + failed.message()};
    const auto manifest = bytes_of_file(folder + "/" + manifest_name, std::size_t{1} << 20);
    if (!manifest || !manifest_from_json(*manifest)) return std::string(manifest_name);
    return std::string();
}

Result<std::string> bytes_of_file(const std::string& path, std::size_t most_bytes) {
    std::error_code failed;
    const auto status = fs::status(path, failed);
    if (!fs::exists(status)) return Error{ErrorCode::not_found, "file '" + path + "': not there"};
    if (!fs::is_regular_file(status) || fs::file_size(path, failed) > most_bytes)
        return Error{ErrorCode::invalid_input, "file '" + path + "': no ordinary file of at most " +
                                                   std::to_string(most_bytes) + " bytes"};
    std::ifstream file(path, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (!file.good() && !file.eof())
        return Error{ErrorCode::unavailable, "file '" + path + "': cannot be read"};
    return bytes;
}

}  // namespace fabula::exchange
