// SPDX-License-Identifier: 0BSD
#include "model/remote/hub.h"

#include "model/remote/answer_reader.h"
#include "model/remote/endpoint.h"
#include "model/remote/http.h"
#include "model/remote/key.h"
#include "model/remote/retry.h"
#include "model/remote/transfers.h"

#include <algorithm>
#include <array>
#include <thread>
#include <utility>

namespace fabula::model {
namespace {

constexpr std::size_t most_pages = 100;
constexpr std::size_t most_attempts = 4;

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return result;
}

bool is_name(std::string_view text, std::string_view more) {
    if (text.empty() || text.find("..") != std::string_view::npos || text.front() == '.')
        return false;
    return std::all_of(text.begin(), text.end(), [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.' || more.find(c) != std::string_view::npos;
    });
}

std::string encoded(std::string_view path) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string text;
    for (const char c : path) {
        const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              (c >= '0' && c <= '9') ||
                              std::string_view("-_.~/").find(c) != std::string_view::npos;
        const auto byte = static_cast<unsigned char>(c);
        if (is_plain)
            text += c;
        else
            (((text += '%') += digits[byte >> 4U]) += digits[byte & 15U]);
    }
    return text;
}

Result<HubWish> checked(HubWish wish, std::string_view text) {
    const auto slash = wish.repository.find('/');
    const bool has_organisation = slash != std::string::npos;
    const bool is_sound = is_name(wish.repository.substr(0, slash), "") &&
                          (!has_organisation || is_name(wish.repository.substr(slash + 1), "")) &&
                          is_name(wish.revision, "/");
    if (is_sound) return wish;
    return Error{ErrorCode::invalid_input,
                 "'" + on_one_line(text) +
                     "' names no model of a hub: org/name, org/name:part-of-a-file-name, or an "
                     "address"};
}

// Behind the hub's own address: org/name, org/name/resolve/REVISION/PATH (or blob, tree).
HubWish wish_in_path(std::string_view path) {
    HubWish wish;
    path = path.substr(0, path.find_first_of("?#"));
    std::vector<std::string_view> parts;
    while (!path.empty()) {
        const auto end = std::min(path.find('/'), path.size());
        if (end > 0) parts.push_back(path.substr(0, end));
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    const auto is_verb = [](std::string_view part) {
        return part == "resolve" || part == "blob" || part == "tree" || part == "raw";
    };
    std::size_t n_name = 0;
    while (n_name < parts.size() && n_name < 2 && !is_verb(parts[n_name]))
        ++n_name;
    for (std::size_t i = 0; i < n_name; ++i)
        wish.repository += (i == 0 ? "" : "/") + std::string(parts[i]);
    if (n_name + 1 < parts.size() && is_verb(parts[n_name])) {
        wish.revision = parts[n_name + 1];
        for (std::size_t i = n_name + 2; i < parts.size(); ++i)
            wish.file += (wish.file.empty() ? "" : "/") + std::string(parts[i]);
    }
    return wish;
}

Error hub_error(const Hub& hub, ErrorCode code, const std::string& what) {
    const std::array<std::string, 1> keys{hub.token};
    return {code, without_keys("hub '" + shown_url(hub.url) + "': " + what, keys)};
}

Error refused(const Hub& hub, const HubWish& wish, const HttpAnswer& answer) {
    const int status = answer.ended.head.status;
    const std::string name = "'" + wish.repository + "'";
    if (answer.ended.fault != HttpFault::none)
        return hub_error(hub, ErrorCode::unavailable, "no answer: " + answer.ended.message);
    // A hub says 401 of what is not there, too, so as not to tell what is.
    if (status == 401 || status == 403)
        return hub_error(hub, ErrorCode::unavailable,
                         hub.token.empty()
                             ? name +
                                   " is not there or wants a token: set HF_TOKEN, or write it "
                                   "into .hf_token (mode 600)"
                             : name +
                                   " is refused with this token: is access granted on the "
                                   "model's page?");
    if (status == 404)
        return hub_error(hub, ErrorCode::not_found,
                         "there is no " + name + " at revision '" + wish.revision + "'");
    const auto words = on_one_line(error_in(answer.body));
    return hub_error(
        hub, ErrorCode::unavailable,
        "answers with status " + std::to_string(status) + (words.empty() ? "" : ": " + words));
}

// Asks again where that may help. The answer has status 200.
Result<HttpAnswer> ask(const Hub& hub, const HubWish& wish, const std::string& url,
                       const std::stop_token& stop) {
    for (std::size_t attempt = 1;; ++attempt) {
        HttpRequest request;
        request.url = url;
        request.key = hub.token;
        request.total_ms = 60'000;
        auto answer = exchange(std::move(request), stop);
        if (!answer) return answer;
        const auto& ended = answer->ended;
        if (ended.fault == HttpFault::none && ended.head.status == 200) return answer;
        if (attempt >= most_attempts || !is_passing(ended) || stop.stop_requested())
            return refused(hub, wish, *answer);
        std::this_thread::sleep_for(std::min<std::chrono::milliseconds>(
            backoff(attempt, Rng(attempt), retry_after(ended.head.header("retry-after"), 0)),
            std::chrono::seconds(20)));
    }
}

// <https://...>; rel="next"
std::string next_page(const HttpHead& head) {
    const auto link = head.header("link");
    const auto open = link.find('<');
    const auto close = link.find('>');
    const bool is_next = open != std::string::npos && close != std::string::npos && open < close &&
                         link.find("rel=\"next\"", close) != std::string::npos;
    return is_next ? link.substr(open + 1, close - open - 1) : "";
}

// model-00001-of-00003.gguf: the name without the number, and how many there are.
std::string without_number(const std::string& path) {
    constexpr std::size_t length = std::string_view("-00001-of-00003.gguf").size();
    if (path.size() < length) return path;
    const auto tail = std::string_view(path).substr(path.size() - length);
    const bool is_split = tail[0] == '-' && tail.substr(6, 4) == "-of-" && tail[15] == '.';
    return is_split ? path.substr(0, path.size() - length) + std::string(tail.substr(6)) : path;
}

std::string readable_names(const std::vector<std::string>& names) {
    constexpr std::size_t most_shown = 12;
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), most_shown); ++i)
        text += (i == 0 ? "" : ", ") + on_one_line(names[i], 100);
    return names.size() > most_shown
               ? text + " and " + std::to_string(names.size() - most_shown) + " more"
               : text;
}

bool matches(const HubFile& file, const HubWish& wish) {
    return wish.part.empty() || lower(file.path).find(lower(wish.part)) != std::string::npos;
}

Result<HubChoice> choose_gguf(const HubListing& listing, const HubWish& wish) {
    HubChoice choice;
    std::vector<std::string> models;
    for (const auto& file : listing.files) {
        const bool is_projector = lower(file.path).find("mmproj") != std::string::npos;
        if (!lower(file.path).ends_with(".gguf") || !matches(file, wish)) continue;
        if (is_projector && wish.part.empty()) continue;
        const auto model = without_number(file.path);
        if (std::find(models.begin(), models.end(), model) == models.end()) models.push_back(model);
        choice.files.push_back(file);
    }
    if (models.size() <= 1) return choice;
    return Error{ErrorCode::conflict, "'" + wish.repository + "' has several models (" +
                                          readable_names(models) +
                                          "): name one by a part of its file's name, as in " +
                                          wish.repository + ":Q4_K_M"};
}

// What an import reads: weights, configuration and tokenizer at the top of the repository.
HubChoice choose_folder(const HubListing& listing) {
    constexpr std::array<std::string_view, 9> wanted{"config.json",
                                                     "generation_config.json",
                                                     "tokenizer.json",
                                                     "tokenizer_config.json",
                                                     "special_tokens_map.json",
                                                     "vocab.json",
                                                     "merges.txt",
                                                     "adapter_config.json",
                                                     "chat_template.jinja"};
    HubChoice choice;
    choice.is_folder = true;
    bool has_weights = false;
    for (const auto& file : listing.files) {
        if (file.path.find('/') != std::string::npos) continue;
        const bool is_weights = file.path.ends_with(".safetensors");
        has_weights = has_weights || is_weights;
        if (is_weights || file.path.ends_with(".safetensors.index.json") ||
            std::find(wanted.begin(), wanted.end(), file.path) != wanted.end())
            choice.files.push_back(file);
    }
    if (!has_weights) choice.files.clear();
    return choice;
}

}  // namespace

Result<HubWish> hub_wish(std::string_view text, const Hub& hub) {
    if (is_url(std::string(text))) {
        if (origin_of(text) != origin_of(hub.url))
            return Error{ErrorCode::invalid_input, "'" + shown_url(std::string(text)) +
                                                       "' is no address of hub '" +
                                                       shown_url(hub.url) + "'"};
        const auto path = text.substr(std::min(text.size(), text.find('/', text.find("://") + 3)));
        return checked(wish_in_path(path), text);
    }
    HubWish wish;
    const auto colon = std::min(text.find(':'), text.size());
    wish.repository = text.substr(0, colon);
    wish.part = text.substr(std::min(colon + 1, text.size()));
    return checked(std::move(wish), text);
}

Result<HubListing> list_hub(const Hub& hub, const HubWish& wish, const std::stop_token& stop) {
    const std::string base = hub.url + "/api/models/" + wish.repository;
    const auto revision = ask(hub, wish, base + "/revision/" + encoded(wish.revision), stop);
    if (!revision) return revision.error();
    auto commit = hub_commit_in(revision->body);
    if (!commit) return hub_error(hub, commit.error().code, commit.error().message);
    HubListing listing{*std::move(commit), {}};
    std::string url = base + "/tree/" + encoded(listing.commit) + "?recursive=true";
    for (std::size_t page = 0; !url.empty(); ++page) {
        // The token goes to the hub alone, whatever the page before says.
        if (page >= most_pages || origin_of(url) != origin_of(hub.url))
            return hub_error(hub, ErrorCode::corrupt,
                             "its listing does not end, or leads elsewhere");
        const auto answer = ask(hub, wish, url, stop);
        if (!answer) return answer.error();
        const auto files = hub_files_in(answer->body);
        if (!files) return hub_error(hub, files.error().code, files.error().message);
        listing.files.insert(listing.files.end(), files->begin(), files->end());
        url = next_page(answer->ended.head);
    }
    return listing;
}

Result<HubChoice> choose_files(const HubListing& listing, const HubWish& wish) {
    if (!wish.file.empty()) {
        const auto found =
            std::find_if(listing.files.begin(), listing.files.end(),
                         [&](const HubFile& file) { return file.path == wish.file; });
        if (found != listing.files.end()) return HubChoice{{*found}, false};
        return Error{ErrorCode::not_found,
                     "'" + wish.repository + "' has no file '" + on_one_line(wish.file) + "'"};
    }
    auto choice = choose_gguf(listing, wish);
    if (!choice || !choice->files.empty()) return choice;
    if (wish.part.empty()) choice = choose_folder(listing);
    if (!choice->files.empty()) return choice;
    return Error{
        ErrorCode::not_found,
        "'" + wish.repository + "' has no model" +
            (wish.part.empty() ? " in GGUF or safetensors"
                               : " in GGUF with '" + on_one_line(wish.part) + "' in its name")};
}

std::string hub_file_url(const Hub& hub, const HubWish& wish, const std::string& commit,
                         const std::string& path) {
    return hub.url + "/" + wish.repository + "/resolve/" + encoded(commit) + "/" + encoded(path);
}

}  // namespace fabula::model
