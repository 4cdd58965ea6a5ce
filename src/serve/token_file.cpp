// SPDX-License-Identifier: 0BSD
#include "serve/token_file.h"

#include "serve/file_descriptor.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace fabula::serve {

namespace {

constexpr std::string_view letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

Error fault(ErrorCode code, const std::string& path, const std::string& what) {
    return {code, "token file '" + path + "': " + what};
}

std::string words_of(int number) {
    return std::generic_category().message(number);
}

std::string base64url(const unsigned char* bytes, std::size_t n) {
    std::string out;
    unsigned held = 0;
    unsigned n_bits = 0;
    for (std::size_t i = 0; i < n; ++i) {
        held = (held << 8U) | bytes[i];
        for (n_bits += 8; n_bits >= 6; n_bits -= 6)
            out += letters[(held >> (n_bits - 6U)) & 63U];
    }
    if (n_bits > 0) out += letters[(held << (6U - n_bits)) & 63U];
    return out;
}

bool is_token(std::string_view text) {
    return text.size() >= 16 && text.size() <= 512 &&
           text.find_first_not_of(
               "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~+/=") ==
               std::string_view::npos;
}

Result<std::string> read_token(const FileDescriptor& file, const std::string& path) {
    struct stat found {};
    if (::fstat(file.number(), &found) != 0)
        return fault(ErrorCode::unavailable, path, words_of(errno));
    if (!S_ISREG(found.st_mode)) return fault(ErrorCode::invalid_input, path, "not a file");
    if ((found.st_mode & 077U) != 0)
        return fault(ErrorCode::invalid_input, path, "others may read it: chmod 600 it");
    std::array<char, 1024> bytes{};
    const auto n = ::read(file.number(), bytes.data(), bytes.size());
    if (n < 0) return fault(ErrorCode::unavailable, path, words_of(errno));
    std::string_view token(bytes.data(), static_cast<std::size_t>(n));
    while (token.ends_with('\n') || token.ends_with('\r'))
        token.remove_suffix(1);
    if (!is_token(token))
        return fault(
            ErrorCode::invalid_input, path,
            "a token is 16 to 512 letters, digits and -._~+/= on one line; delete the file "
            "and a new one is made");
    return std::string(token);
}

// A name beside `path` for as long as this lives.
struct Scratch {
    std::vector<char> name;

    explicit Scratch(const std::string& path) {
        const std::string pattern = path + ".XXXXXX";
        name.assign(pattern.c_str(), pattern.c_str() + pattern.size() + 1);
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    ~Scratch() { ::unlink(name.data()); }
};

// `link` does not replace: of two servers that start at once, both have the token of the first.
Result<Unit> write_token(const std::string& path, const std::string& token) {
    Scratch scratch(path);
    const FileDescriptor file(::mkostemp(scratch.name.data(), O_CLOEXEC));  // mode 600
    if (!file.is_open()) return fault(ErrorCode::unavailable, path, words_of(errno));
    const std::string line = token + "\n";
    if (::write(file.number(), line.data(), line.size()) != static_cast<ssize_t>(line.size()) ||
        ::fsync(file.number()) != 0)
        return fault(ErrorCode::unavailable, path, words_of(errno));
    if (::link(scratch.name.data(), path.c_str()) != 0 && errno != EEXIST)
        return fault(ErrorCode::unavailable, path, words_of(errno));
    return Unit{};
}

}  // namespace

Result<std::string> new_token() {
    std::array<unsigned char, 32> bytes{};
    if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
        return Error{ErrorCode::unavailable, "token: the kernel gave no random bytes"};
    return base64url(bytes.data(), bytes.size());
}

Result<std::string> token_of_file(const std::string& path) {
    const auto open_it = [&] {
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): the system's
        return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    };
    const FileDescriptor file(open_it());
    if (file.is_open()) return read_token(file, path);
    if (errno != ENOENT) return fault(ErrorCode::unavailable, path, words_of(errno));
    const auto token = new_token();
    if (!token) return token.error();
    const auto written = write_token(path, *token);
    if (!written) return written.error();
    const FileDescriptor again(open_it());
    if (!again.is_open()) return fault(ErrorCode::unavailable, path, words_of(errno));
    return read_token(again, path);
}

}  // namespace fabula::serve
