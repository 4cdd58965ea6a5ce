// SPDX-License-Identifier: 0BSD
#include "model/remote/download.h"

#include "model/remote/answer_reader.h"
#include "model/remote/endpoint.h"
#include "model/remote/http.h"
#include "model/remote/key.h"
#include "model/remote/part_state.h"
#include "model/remote/retry.h"
#include "model/remote/transfers.h"
#include "model/sha256.h"

#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace fabula::model {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t most_redirects = 6;
constexpr std::size_t most_failures = 8;  // in a row, without a byte between them

bool is_sha256(std::string_view text) {
    return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::string unquoted(std::string text) {
    if (text.starts_with("W/")) text.erase(0, 2);
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
        text = text.substr(1, text.size() - 2);
    return text;
}

// What a server says of the file, and where it really is.
struct Source {
    std::string url;
    std::string token;  // "" once the way led to another host
    std::uint64_t size_bytes = 0;
    std::string etag;
    bool has_ranges = false;
};

class Fetch {
public:
    Fetch(const Download& wanted, const std::stop_token& stop) : wanted_(wanted), stop_(stop) {}

    Result<Downloaded> run();

private:
    // A part under way, or waiting for its next attempt.
    struct PartWork {
        std::size_t id = 0;  // of the exchange; 0: none
        std::size_t n_failures = 0;
        Clock::time_point not_before{};
        bool takes_bytes = false;      // the head of the answer was as it should be
        std::optional<Error> trouble;  // that no other attempt changes
    };

    Error error(ErrorCode code, const std::string& what) const;
    Error refusal(const HttpEnded& ended) const;
    void notice(const std::string& text) const {
        const std::array<std::string, 1> keys{wanted_.token};
        if (wanted_.on_notice) wanted_.on_notice(without_keys(text, keys));
    }
    Result<std::optional<Downloaded>> look_in_place() const;
    Result<HttpEnded> ask_head();
    Result<Unit> take_facts(const HttpHead& head);
    Result<Unit> find_source();
    Result<bool> follow(const HttpEnded& ended);
    Result<Unit> take_size(const HttpHead& head);
    Result<Unit> fetch_parts(GrowingFile& file);
    Result<Unit> begin_due(GrowingFile& file);
    bool take(GrowingFile& file, std::size_t part, const HttpHead& head, std::string_view bytes);
    bool is_right_head(GrowingFile& file, std::size_t part, const HttpHead& head);
    Result<Unit> end_part(GrowingFile& file, std::size_t part, const HttpEnded& end);
    Result<std::string> check(const std::string& path) const;
    std::string identity() const;
    std::size_t n_parts() const;
    Result<Downloaded> fetch_and_check(GrowingFile& file);

    const Download& wanted_;
    const std::stop_token& stop_;
    Source source_;
    Transfers transfers_;
    std::vector<PartWork> work_;
    std::uint64_t fetched_ = 0;
};

Error Fetch::error(ErrorCode code, const std::string& what) const {
    const std::array<std::string, 1> keys{wanted_.token};
    return {code, without_keys("'" + shown_url(wanted_.url) + "' " + what, keys)};
}

Error Fetch::refusal(const HttpEnded& ended) const {
    if (ended.fault != HttpFault::none)
        return error(ErrorCode::unavailable, "does not answer: " + ended.message);
    const int status = ended.head.status;
    if (status == 401 || status == 403)
        return error(ErrorCode::unavailable,
                     wanted_.token.empty()
                         ? "wants a token: set HF_TOKEN, or write it into .hf_token (mode 600)"
                         : "refuses the token: is access granted on the model's page?");
    if (status == 404) return error(ErrorCode::not_found, "is not there");
    return error(ErrorCode::unavailable, "answers with status " + std::to_string(status));
}

// A file that is in place already is the one that is wanted, or somebody's.
Result<std::optional<Downloaded>> Fetch::look_in_place() const {
    std::error_code failure;
    if (!std::filesystem::exists(wanted_.path, failure)) return std::optional<Downloaded>();
    const Error other{ErrorCode::conflict, "file '" + wanted_.path +
                                               "' is there already and is another one: move it "
                                               "away, or give --out"};
    const auto size = std::filesystem::file_size(wanted_.path, failure);
    if (failure || (wanted_.size_bytes > 0 && size != wanted_.size_bytes)) return other;
    if (wanted_.sha256.empty() && wanted_.blob_sha1.empty() && !is_sha256(source_.etag))
        return other;
    auto hash = check(wanted_.path);
    if (!hash) return hash.error().code == ErrorCode::corrupt ? other : hash.error();
    return std::optional(Downloaded{size, 0, *std::move(hash), true});
}

// Where the answer leads elsewhere: true, and `source_` goes there. The token stays behind.
Result<bool> Fetch::follow(const HttpEnded& ended) {
    const int status = ended.head.status;
    const auto location = ended.head.header("location");
    if (status < 300 || status >= 400 || location.empty()) return false;
    const bool is_path = location.front() == '/' && !location.starts_with("//");
    const auto origin = origin_of(source_.url);
    const auto next = is_path ? origin + location : location;
    if (!is_url(next)) return error(ErrorCode::unavailable, "leads to what is no address");
    if (source_.url.starts_with("https://") && next.starts_with("http://"))
        return error(ErrorCode::unavailable, "leads from https to http: not followed");
    if (origin_of(next) != origin) source_.token.clear();
    source_.url = next;
    return true;
}

Result<Unit> Fetch::take_size(const HttpHead& head) {
    const auto linked = head.header("x-linked-size");
    const auto text = linked.empty() ? head.header("content-length") : linked;
    const std::uint64_t size = std::strtoull(text.c_str(), nullptr, 10);
    if (text.empty()) return Unit{};
    if (wanted_.size_bytes > 0 && size != wanted_.size_bytes)
        return error(ErrorCode::corrupt, "has " + std::to_string(size) + " bytes, not the " +
                                             std::to_string(wanted_.size_bytes) +
                                             " of its listing");
    source_.size_bytes = size;
    return Unit{};
}

// The head of an answer, asked for again where that may help.
Result<HttpEnded> Fetch::ask_head() {
    for (std::size_t n_failures = 1;; ++n_failures) {
        HttpRequest request;
        request.url = source_.url;
        request.key = source_.token;
        request.is_head = true;
        request.idle_ms = request.total_ms = wanted_.idle_ms;
        const auto answer = exchange(std::move(request), stop_);
        if (!answer) return answer.error();
        const auto& ended = answer->ended;
        if (ended.fault == HttpFault::none && !is_passing(ended)) return ended;
        if (n_failures >= most_failures || stop_.stop_requested()) return refusal(ended);
        notice(refusal(ended).message + "; asked again");
        const auto asked = retry_after(ended.head.header("retry-after"), 0);
        std::this_thread::sleep_for(std::min<std::chrono::milliseconds>(
            backoff(n_failures, Rng(n_failures), asked), std::chrono::seconds(60)));
    }
}

// The hub itself tells size and hash, also where the bytes are elsewhere.
Result<Unit> Fetch::take_facts(const HttpHead& head) {
    const auto etag = unquoted(head.header("x-linked-etag"));
    if (source_.etag.empty()) source_.etag = etag;
    const bool has_size = head.status == 200 || !head.header("x-linked-size").empty();
    return has_size ? take_size(head) : Unit{};
}

// Asks for heads along the way until one answers for the file itself.
Result<Unit> Fetch::find_source() {
    source_ = {wanted_.url, wanted_.token, wanted_.size_bytes, "", false};
    for (std::size_t hop = 0; hop < most_redirects; ++hop) {
        const auto ended = ask_head();
        if (!ended) return ended.error();
        if (auto taken = take_facts(ended->head); !taken) return taken;
        const bool was_elsewhere = origin_of(source_.url) != origin_of(wanted_.url);
        const auto moved = follow(*ended);
        if (!moved) return moved.error();
        // An address that was signed for GET alone need not answer HEAD: where size and hash are
        // known that is enough.
        const bool is_known = source_.size_bytes > 0 && !source_.etag.empty();
        const bool is_refused = !*moved && ended->head.status != 200;
        if ((*moved && is_known) || (is_refused && was_elsewhere && source_.size_bytes > 0)) {
            source_.has_ranges = true;
            return Unit{};
        }
        if (is_refused) return refusal(*ended);
        if (*moved) continue;
        if (source_.etag.empty()) source_.etag = unquoted(ended->head.header("etag"));
        source_.has_ranges = ended->head.header("accept-ranges") == "bytes";
        return Unit{};
    }
    return error(ErrorCode::unavailable, "leads from one address to another without an end");
}

Result<Unit> Fetch::begin_due(GrowingFile& file) {
    const auto now = Clock::now();
    for (std::size_t i = 0; i < work_.size(); ++i) {
        auto& work = work_[i];
        const auto& part = file.parts()[i];
        if (work.id != 0 || part.is_whole() || work.not_before > now) continue;
        if (!source_.has_ranges && part.at > part.begin) {
            if (auto anew = file.begin_anew(i); !anew) return anew;
        }
        HttpRequest request;
        request.url = source_.url;
        request.key = source_.token;
        request.idle_ms = wanted_.idle_ms;
        request.total_ms = 0;
        request.most_bytes = std::numeric_limits<std::size_t>::max();
        if (source_.has_ranges)
            request.headers.push_back("Range: bytes=" + std::to_string(part.at) + "-" +
                                      std::to_string(part.end - 1));
        work.takes_bytes = false;
        const auto id = transfers_.begin(
            std::move(request), [this, &file, i](const HttpHead& head, std::string_view bytes) {
                return take(file, i, head, bytes);
            });
        if (!id) return id.error();
        work.id = *id;
    }
    return Unit{};
}

// Whether the bytes that follow belong where the part goes on.
bool Fetch::is_right_head(GrowingFile& file, std::size_t part, const HttpHead& head) {
    if (!source_.has_ranges) return head.status == 200;
    const auto& each = file.parts()[part];
    if (head.status == 206) {
        const auto range = head.header("content-range");
        if (range.starts_with("bytes " + std::to_string(each.at) + "-")) return true;
        work_[part].trouble = error(ErrorCode::corrupt, "answers with another range");
        return false;
    }
    // It ignored the range: it gives the whole file, which goes into one part alone.
    if (head.status == 200 && work_.size() == 1 && each.at == each.begin) return true;
    if (head.status == 200)
        work_[part].trouble = error(ErrorCode::unavailable, "gives no ranges after all");
    return false;
}

bool Fetch::take(GrowingFile& file, std::size_t part, const HttpHead& head,
                 std::string_view bytes) {
    auto& work = work_[part];
    if (!work.takes_bytes) {
        if (!is_right_head(file, part, head)) return false;
        work.takes_bytes = true;
    }
    const auto& each = file.parts()[part];
    if (bytes.size() > each.end - each.at) {
        work.trouble = error(ErrorCode::corrupt, "sends more bytes than it said");
        return false;
    }
    if (const auto written = file.write(part, bytes); !written) {
        work.trouble = written.error();
        return false;
    }
    work.n_failures = 0;
    fetched_ += bytes.size();
    if (wanted_.on_progress) wanted_.on_progress(file.done_bytes(), source_.size_bytes);
    return true;
}

Result<Unit> Fetch::end_part(GrowingFile& file, std::size_t part, const HttpEnded& end) {
    auto& work = work_[part];
    work.id = 0;
    if (work.trouble) return *work.trouble;
    if (file.parts()[part].is_whole()) return Unit{};
    HttpEnded ended = end;
    if (ended.fault == HttpFault::refused) ended.fault = HttpFault::none;  // words of a refusal
    const auto moved = follow(ended);
    if (!moved) return moved.error();
    ++work.n_failures;
    const int status = ended.head.status;
    const bool is_refused = ended.fault == HttpFault::none && (status == 401 || status == 403);
    // An address that was signed for a time may have had it: the hub gives a new one.
    if (is_refused && source_.url != wanted_.url && work.n_failures < 3) return find_source();
    if (*moved && work.n_failures < most_redirects) return Unit{};
    const bool is_cut = ended.fault == HttpFault::none && (status == 200 || status == 206);
    Error failure = is_cut ? error(ErrorCode::unavailable, "broke off") : refusal(ended);
    if ((!is_cut && !is_passing(ended)) || work.n_failures >= most_failures) return failure;
    notice(failure.message + "; gone on with");
    const auto asked = retry_after(ended.head.header("retry-after"), 0);
    work.not_before = Clock::now() + backoff(work.n_failures, Rng(part), asked);
    return Unit{};
}

Result<Unit> Fetch::fetch_parts(GrowingFile& file) {
    work_.assign(file.parts().size(), {});
    const auto is_open = [](const FilePart& part) { return !part.is_whole(); };
    if (wanted_.on_progress) wanted_.on_progress(file.done_bytes(), source_.size_bytes);
    while (std::any_of(file.parts().begin(), file.parts().end(), is_open)) {
        if (stop_.stop_requested())
            return error(ErrorCode::unavailable, "is not whole yet: stopped; what came is kept");
        if (auto begun = begin_due(file); !begun) return begun;
        for (const auto& ended : transfers_.run(std::chrono::milliseconds(200), stop_)) {
            for (std::size_t i = 0; i < work_.size(); ++i) {
                if (work_[i].id != ended.id) continue;
                if (auto fine = end_part(file, i, ended); !fine) return fine;
                break;
            }
        }
    }
    return Unit{};
}

// The hash of the file, held against what is known of it.
Result<std::string> Fetch::check(const std::string& path) const {
    auto sha256 = sha256_of_file(path, [&](float share) {
        if (wanted_.on_check) wanted_.on_check(share);
        return !stop_.stop_requested();
    });
    if (!sha256) return sha256;
    const auto expected = !wanted_.sha256.empty()   ? wanted_.sha256
                          : is_sha256(source_.etag) ? source_.etag
                                                    : std::string();
    if (!expected.empty() && *sha256 != expected)
        return error(ErrorCode::corrupt, "is damaged: its sha256 is " + *sha256 + ", not " +
                                             expected + "; nothing of it is kept");
    if (expected.empty() && !wanted_.blob_sha1.empty()) {
        auto blob = git_blob_sha1(path);
        if (!blob) return blob;
        if (*blob != wanted_.blob_sha1)
            return error(ErrorCode::corrupt, "is damaged: git's name of it is " + *blob + ", not " +
                                                 wanted_.blob_sha1 + "; nothing of it is kept");
    }
    return sha256;
}

// A line that says which file it is, so that parts of two are never put together.
std::string Fetch::identity() const {
    if (!wanted_.sha256.empty()) return wanted_.sha256;
    if (!wanted_.blob_sha1.empty()) return wanted_.blob_sha1;
    return on_one_line(shown_url(wanted_.url) + " " + source_.etag, 500);
}

std::size_t Fetch::n_parts() const {
    if (!source_.has_ranges) return 1;
    const auto least = std::max<std::uint64_t>(1, wanted_.least_part_bytes);
    const auto most = std::max<std::uint64_t>(1, source_.size_bytes / least);
    return std::min<std::uint64_t>(std::clamp<std::size_t>(wanted_.n_parts, 1, 16), most);
}

// What grows, becomes whole, is checked and put in its place; nothing damaged stays.
Result<Downloaded> Fetch::fetch_and_check(GrowingFile& file) {
    if (const auto fetched = fetch_parts(file); !fetched) {
        if (fetched.error().code == ErrorCode::corrupt) file.discard();
        return fetched.error();
    }
    auto sha256 = check(file.part_path());
    if (!sha256) {
        if (sha256.error().code == ErrorCode::corrupt) file.discard();
        return sha256.error();
    }
    if (const auto done = file.finish(); !done) return done.error();
    return Downloaded{source_.size_bytes, fetched_, *std::move(sha256), false};
}

Result<Downloaded> Fetch::run() {
    // Where the hash is known nothing need be asked for a file that is there.
    const bool is_known = !wanted_.sha256.empty() || !wanted_.blob_sha1.empty();
    if (!is_known) {
        if (const auto found = find_source(); !found) return found.error();
    }
    auto there = look_in_place();
    if (!there) return there.error();
    if (*there) return **there;
    if (is_known) {
        if (const auto found = find_source(); !found) return found.error();
    }
    if (source_.size_bytes == 0 && wanted_.blob_sha1.empty())
        return error(ErrorCode::unavailable, "does not say how large it is");
    std::error_code failure;
    const bool is_new = !std::filesystem::exists(wanted_.path + ".part", failure);
    if (is_new && wanted_.allow) {
        if (const auto may = wanted_.allow(source_.size_bytes); !may) return may.error();
    }
    auto file = GrowingFile::open(wanted_.path, identity(), source_.size_bytes, n_parts());
    if (!file) return file.error();
    return fetch_and_check(*file);
}

}  // namespace

Result<Downloaded> download(const Download& wanted, const std::stop_token& stop) {
    return Fetch(wanted, stop).run();
}

Result<std::string> git_blob_sha1(const std::string& path) {
    std::error_code failure;
    const auto size = std::filesystem::file_size(path, failure);
    std::ifstream file(path, std::ios::binary);
    const Error cannot{ErrorCode::unavailable, "file '" + path + "' cannot be read"};
    if (failure || !file) return cannot;
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest(EVP_MD_CTX_new(),
                                                                         &EVP_MD_CTX_free);
    std::string head = "blob " + std::to_string(size);
    head += '\0';
    bool is_sound = digest && EVP_DigestInit_ex(digest.get(), EVP_sha1(), nullptr) == 1 &&
                    EVP_DigestUpdate(digest.get(), head.data(), head.size()) == 1;
    std::vector<char> chunk(std::size_t{1} << 20);
    while (is_sound && file) {
        file.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
        is_sound = EVP_DigestUpdate(digest.get(), chunk.data(),
                                    static_cast<std::size_t>(file.gcount())) == 1;
    }
    std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
    unsigned int length = 0;
    if (!is_sound || file.bad() || EVP_DigestFinal_ex(digest.get(), raw.data(), &length) != 1)
        return cannot;
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (unsigned int i = 0; i < length; ++i)
        (text += digits[raw[i] >> 4U]) += digits[raw[i] & 15U];
    return text;
}

}  // namespace fabula::model
