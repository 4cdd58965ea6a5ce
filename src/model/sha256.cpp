// SPDX-License-Identifier: 0BSD
#include "model/sha256.h"

#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string_view>
#include <system_error>
#include <vector>

namespace fabula::model {
namespace {

class Digest {
public:
    Digest() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
        const bool ready =
            context_ != nullptr && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1;
        assert(ready);
    }

    void add(const void* bytes, std::size_t size) {
        const bool added = EVP_DigestUpdate(context_.get(), bytes, size) == 1;
        assert(added);
    }

    std::string hex() {
        std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
        unsigned int size = 0;
        const bool ended = EVP_DigestFinal_ex(context_.get(), raw.data(), &size) == 1;
        assert(ended);
        constexpr std::string_view digits = "0123456789abcdef";
        std::string text;
        for (unsigned int i = 0; i < size; ++i) {
            text += digits[raw[i] >> 4U];
            text += digits[raw[i] & 15U];
        }
        return text;
    }

private:
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

bool is_hash(const std::string& text) {
    return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// What a note says must agree with: the file as it is now.
std::string state_of(const struct stat& status) {
    return std::to_string(status.st_size) + " " + std::to_string(status.st_mtim.tv_sec) + "." +
           std::to_string(status.st_mtim.tv_nsec) + " " + std::to_string(status.st_ctim.tv_sec) +
           "." + std::to_string(status.st_ctim.tv_nsec) + " " + std::to_string(status.st_dev) +
           ":" + std::to_string(status.st_ino);
}

/// The hash in a note of the form "STATE HASH\n", or "" when the note says anything else.
std::string hash_in(const std::filesystem::path& note, const std::string& state) {
    std::ifstream file(note);
    std::string line;
    if (!std::getline(file, line) || !line.starts_with(state + " ")) return "";
    const std::string hash = line.substr(state.size() + 1);
    return is_hash(hash) ? hash : "";
}

void write_note(const std::filesystem::path& note, const std::string& line) {
    // Whoever cannot write here only hashes again next time, so the errors end here.
    std::error_code ignored;
    std::filesystem::create_directories(note.parent_path(), ignored);
    const std::filesystem::path part = note.string() + "." + std::to_string(::getpid());
    {
        std::ofstream file(part, std::ios::trunc);
        file << line << '\n';
        file.close();
        if (!file) {
            std::filesystem::remove(part, ignored);
            return;
        }
    }
    std::filesystem::rename(part, note, ignored);
    if (ignored) std::filesystem::remove(part, ignored);
}

}  // namespace

std::string sha256_of(std::span<const std::byte> bytes) {
    Digest digest;
    digest.add(bytes.data(), bytes.size());
    return digest.hex();
}

Result<std::string> sha256_of_file(const std::string& path,
                                   const std::function<bool(float)>& on_progress) {
    std::error_code reason;
    const auto size = std::filesystem::file_size(path, reason);
    if (reason) return Error{ErrorCode::not_found, "file '" + path + "': " + reason.message()};
    std::ifstream file(path, std::ios::binary);
    if (!file) return Error{ErrorCode::unavailable, "file '" + path + "': cannot be read"};
    Digest digest;
    std::vector<char> chunk(1U << 20U);
    std::uintmax_t done = 0;
    while (file) {
        file.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
        const auto n = static_cast<std::size_t>(file.gcount());
        digest.add(chunk.data(), n);
        done += n;
        const float share = size == 0 ? 1.0F : static_cast<float>(done) / static_cast<float>(size);
        if (on_progress && !on_progress(std::min(share, 1.0F))) {
            return Error{ErrorCode::unavailable, "stopped"};
        }
    }
    if (file.bad()) return Error{ErrorCode::unavailable, "file '" + path + "': cannot be read"};
    return digest.hex();
}

Result<std::string> remembered_sha256(const std::string& path, const std::string& folder,
                                      const std::function<bool(float)>& on_progress) {
    struct stat status {};
    if (folder.empty() || ::stat(path.c_str(), &status) != 0)
        return sha256_of_file(path, on_progress);
    std::error_code reason;
    const std::string whole = std::filesystem::absolute(path, reason).string();
    const std::string name = sha256_of(std::as_bytes(std::span(whole))).substr(0, 32);
    const std::filesystem::path note = std::filesystem::path(folder) / name;
    const std::string state = state_of(status);
    if (std::string known = hash_in(note, state); !known.empty()) return known;
    auto hash = sha256_of_file(path, on_progress);
    if (hash) write_note(note, state + " " + *hash);
    return hash;
}

std::string state_of_file(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? state_of(status) : "";
}

std::string default_hash_folder() {
    const auto from = [](const char* variable, const char* below) -> std::string {
        const char* const value =
            std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): read only
        if (value == nullptr || *value == '\0') return "";
        return (std::filesystem::path(value) / below).string();
    };
    std::string folder = from("FABULA_CACHE", "hashes");
    if (folder.empty()) folder = from("XDG_CACHE_HOME", "fabula/hashes");
    if (folder.empty()) folder = from("HOME", ".cache/fabula/hashes");
    return folder;
}

}  // namespace fabula::model
