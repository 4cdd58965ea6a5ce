// SPDX-License-Identifier: 0BSD
#include "model/hugging_face/weight_files.h"

#include "model/hugging_face/json_value.h"

#include <cassert>
#include <filesystem>
#include <set>
#include <utility>

namespace fabula::model::hugging_face {
namespace {

bool is_there(const std::string& path) {
    std::error_code ignored;  // what cannot be looked at is refused when it is opened
    return std::filesystem::exists(path, ignored);
}

/// Files below the folder only: an index comes from elsewhere.
bool is_plain_name(const std::string& name) {
    return !name.empty() && name.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos &&
           name != "." && name != "..";
}

Error no_file(const std::string& index, const std::string& tensor) {
    return Error{ErrorCode::corrupt,
                 "file '" + index + "': tensor '" + tensor + "' lies in no file of the folder"};
}
Error not_there(const std::string& index, const std::string& tensor, const std::string& file) {
    return Error{ErrorCode::corrupt,
                 "file '" + index + "': tensor '" + tensor + "' is not in '" + file + "'"};
}
Error not_named(const std::string& index, const std::string& tensor) {
    return Error{ErrorCode::corrupt,
                 "file '" + index + "': it does not name tensor '" + tensor + "'"};
}

Error there_twice(const std::string& who, const std::string& tensor) {
    return Error{ErrorCode::corrupt, who + ": tensor '" + tensor + "' is in another file too"};
}

/// The file of each tensor.
Result<std::map<std::string, std::string>> read_index(const std::string& path) {
    const auto json = read_json_file(path);
    if (!json) return json.error();
    const JsonValue* const map = json->find("weight_map");
    if (map == nullptr || map->object() == nullptr || map->object()->empty())
        return Error{ErrorCode::corrupt, "file '" + path + "': no weight_map"};
    std::map<std::string, std::string> files;
    for (const auto& [name, file] : *map->object()) {
        if (file.text() == nullptr || !is_plain_name(*file.text())) return no_file(path, name);
        files.emplace(name, *file.text());
    }
    return files;
}

}  // namespace

Result<Unit> WeightFiles::add(const std::string& folder, const std::string& file) {
    const std::string path = folder + "/" + file;
    const std::string who = "file '" + path + "'";
    auto mapped = MappedFile::open(path, who);
    if (!mapped) return mapped.error();
    auto header = read_safetensors(mapped->bytes(), mapped->bytes().size(), who);
    if (!header) return header.error();
    for (SafetensorsTensor& tensor : header->tensors) {
        const std::string name = tensor.name;
        if (!tensors_.emplace(name, std::move(tensor)).second) return there_twice(who, name);
        file_of_.emplace(name, files_.size());
    }
    files_.push_back(std::move(*mapped));
    return Unit{};
}

Result<WeightFiles> WeightFiles::open(const std::string& folder, const std::string& stem) {
    WeightFiles files;
    const std::string one = stem + ".safetensors";
    const std::string index = folder + "/" + one + ".index.json";
    if (!is_there(index)) {
        if (!is_there(folder + "/" + one) &&
            (is_there(folder + "/pytorch_model.bin") || is_there(folder + "/" + stem + ".bin") ||
             is_there(folder + "/pytorch_model.bin.index.json"))) {
            return Error{ErrorCode::invalid_input,
                         "folder '" + folder +
                             "': its weights are pickled (*.bin); only safetensors are read"};
        }
        if (auto added = files.add(folder, one); !added) return added.error();
        return files;
    }
    const auto named = read_index(index);
    if (!named) return named.error();
    std::set<std::string> parts;
    for (const auto& [tensor, file] : *named)
        parts.insert(file);
    for (const std::string& part : parts) {
        if (auto added = files.add(folder, part); !added) return added.error();
    }
    for (const auto& [tensor, file] : *named) {
        if (!files.tensors_.contains(tensor)) return not_there(index, tensor, file);
    }
    for (const auto& [tensor, place] : files.tensors_) {
        if (!named->contains(tensor)) return not_named(index, tensor);
    }
    return files;
}

const SafetensorsTensor* WeightFiles::tensor(const std::string& name) const {
    const auto found = tensors_.find(name);
    return found == tensors_.end() ? nullptr : &found->second;
}

std::span<const std::byte> WeightFiles::bytes(const SafetensorsTensor& tensor) const {
    const auto file = file_of_.find(tensor.name);
    assert(file != file_of_.end());
    return files_[file->second].bytes().subspan(tensor.offset, tensor.size_bytes);
}

}  // namespace fabula::model::hugging_face
