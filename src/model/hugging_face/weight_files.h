// SPDX-License-Identifier: 0BSD
// The weights of a model folder: one safetensors file, or several under an index. Maps the files
// and finds tensors by name; reads no number.
#pragma once

#include "base/result.h"
#include "model/hugging_face/safetensors.h"
#include "model/mapped_file.h"

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace fabula::model::hugging_face {

class WeightFiles {
public:
    /// The files of `stem` ("model", "adapter_model") in `folder`: those that
    /// STEM.safetensors.index.json names, else STEM.safetensors. Errors: not_found; corrupt: a
    /// damaged file, an index that names other tensors than its files have, a tensor twice;
    /// invalid_input where there are only pickled weights (*.bin), which are programs.
    static Result<WeightFiles> open(const std::string& folder, const std::string& stem);

    const std::map<std::string, SafetensorsTensor>& tensors() const { return tensors_; }
    const SafetensorsTensor* tensor(const std::string& name) const;
    /// Requires a tensor of these files.
    std::span<const std::byte> bytes(const SafetensorsTensor& tensor) const;

private:
    WeightFiles() = default;
    Result<Unit> add(const std::string& folder, const std::string& file);

    std::vector<MappedFile> files_;
    std::map<std::string, SafetensorsTensor> tensors_;
    std::map<std::string, std::size_t> file_of_;  // of a tensor's name
};

}  // namespace fabula::model::hugging_face
