// SPDX-License-Identifier: 0BSD
// What stands behind the contracts in a build without llama.cpp (-DFABULA_LLAMA=none): the scripted
// model runs, everything that needs ggml says why it does not.
#include "model/cpu/load.h"
#include "model/gguf_file.h"
#include "model/hugging_face/export_folder.h"
#include "model/hugging_face/import_adapter.h"
#include "model/hugging_face/import_folder.h"
#include "model/import_llama2c.h"
#include "model/llama/load.h"

namespace fabula::model {
namespace {

Error absent(const std::string& what) {
    return Error{ErrorCode::unavailable, what + ": this build is without llama.cpp"};
}

}  // namespace

Result<std::unique_ptr<Model>> load_llama(const std::string& path, const LoadOptions& /*options*/) {
    return absent("model '" + path + "'");
}

Result<std::unique_ptr<Model>> load_cpu(const std::string& path, const GgufFile& /*file*/,
                                        const LoadOptions& /*options*/) {
    return absent("model '" + path + "'");
}

std::string llama_version() {
    return "without llama.cpp";
}

Result<GgufFile> inspect_gguf(const std::string& path) {
    return absent("model '" + path + "'");
}

Result<GgufFile> inspect_gguf(std::span<const std::byte> /*bytes*/, std::uint64_t /*file_bytes*/,
                              const std::string& name) {
    return absent("model '" + name + "'");
}

Result<ImportReport> import_llama2c(const std::string& checkpoint, const std::string& /*tokenizer*/,
                                    const std::string& /*out*/, const ImportOptions& /*options*/) {
    return absent("import of '" + checkpoint + "'");
}

Result<ImportReport> inspect_llama2c(std::span<const std::byte> /*checkpoint*/,
                                     std::span<const std::byte> /*tokenizer*/) {
    return absent("checkpoint");
}

namespace hugging_face {

Result<ImportReport> import_folder(const std::string& folder, const std::string& /*out*/,
                                   const ImportOptions& /*options*/) {
    return absent("import of '" + folder + "'");
}

Result<ExportReport> export_folder(const std::string& model, const std::string& /*folder*/,
                                   const std::function<bool(float)>& /*on_progress*/) {
    return absent("model '" + model + "'");
}

bool is_adapter(const std::string& /*folder*/) {
    return false;
}

Result<AdapterReport> import_adapter(const std::string& folder, const std::string& /*base*/,
                                     const std::string& /*out*/, const ImportOptions& /*options*/) {
    return absent("import of '" + folder + "'");
}

std::string model_folder_of(const std::string& /*path*/) {
    return "";
}

}  // namespace hugging_face
}  // namespace fabula::model
