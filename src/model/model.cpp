// SPDX-License-Identifier: 0BSD
#include "model/model.h"

namespace fabula::model {

Result<std::string> Model::chat_frame(std::string_view /*system*/,
                                      std::string_view /*instruction*/) const {
    return Error{ErrorCode::invalid_input,
                 "model '" + info().name + "' has no chat template: give it the text to continue"};
}

void Model::each(std::size_t n, const std::function<void(std::size_t)>& work) const {
    for (std::size_t i = 0; i < n; ++i)
        work(i);
}

}  // namespace fabula::model
