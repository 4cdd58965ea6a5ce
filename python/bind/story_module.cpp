// SPDX-License-Identifier: 0BSD
// Stories and stored candidates in the module _fabula.
#include "bind/story.h"
#include "sample/settings_json.h"

#include <pybind11/stl.h>

namespace py = pybind11;

namespace fabula::python {
namespace {

py::list logprobs_of(const store::CandidateRecord& candidate) {
    py::list values;
    for (const auto& each : candidate.tokens)
        values.append(each.logprob_model);
    return values;
}

// [(id, parent, origin, text)]; the opening's parent is itself.
py::list passages_of(Story& story) {
    py::list list;
    for (const auto& each : story.passages())
        list.append(py::make_tuple(static_cast<std::uint32_t>(each.id),
                                   static_cast<std::uint32_t>(each.passage.parent),
                                   story::name_of(each.passage.origin), each.passage.text));
    return list;
}

// [(id, title, model, passages, words)]
py::list summaries(const std::string& database) {
    py::list list;
    for (const auto& each : list_stories(database))
        list.append(py::make_tuple(static_cast<std::int64_t>(each.record.id), each.record.title,
                                   each.record.model, each.n_passages, each.words));
    return list;
}

// NOLINTNEXTLINE(readability-function-size): a parameter for each keyword of Python's
void decide(Story& story, std::int64_t offer, std::optional<std::size_t> index,
            std::optional<std::string> words, std::string reason, std::vector<std::size_t> shown,
            double seconds) {
    story.decide({offer, index, std::move(words), std::move(reason), std::move(shown), seconds});
}

}  // namespace

void bind_stories(py::module_& module) {
    py::class_<store::CandidateRecord>(module, "StoredCandidate")
        .def_readonly("index", &store::CandidateRecord::index)
        .def_readonly("text", &store::CandidateRecord::text)
        .def_readonly("policy", &store::CandidateRecord::policy)
        .def_readonly("ending", &store::CandidateRecord::ending)
        .def_readonly("score", &store::CandidateRecord::score)
        .def_readonly("seconds", &store::CandidateRecord::seconds)
        .def_property_readonly("logprobs", logprobs_of)
        .def_property_readonly("settings", [](const store::CandidateRecord& self) {
            return sample::to_json(self.settings);
        });
    py::class_<StoredOffer>(module, "StoredOffer")
        .def_readonly("id", &StoredOffer::id)
        .def_readonly("candidates", &StoredOffer::candidates)
        .def_readonly("was_interrupted", &StoredOffer::was_interrupted);
    py::class_<Story>(module, "Story")
        .def_property_readonly("id", &Story::id)
        .def_property_readonly("title", &Story::title)
        .def_property_readonly("head", &Story::head)
        .def_property_readonly("passages", passages_of)
        .def("text", &Story::text, py::arg("passage") = py::none())
        .def("reload", &Story::reload)
        .def("offer", &Story::offer, py::arg("generator"), py::arg("n"), py::arg("settings"),
             py::arg("policy"), py::arg("on_text") = py::none())
        .def("last_offer", &Story::last_offer)
        .def("decide", decide, py::arg("offer"), py::arg("index"), py::arg("words"),
             py::arg("reason"), py::arg("shown"), py::arg("seconds"))
        .def("rate", &Story::rate, py::arg("offer"), py::arg("index"), py::arg("rating"),
             py::arg("reason"))
        .def("write", &Story::write, py::arg("words"))
        .def("undo", &Story::undo)
        .def("jump", &Story::jump, py::arg("passage"));
    module.def("open_story", open_story, py::arg("name"), py::arg("database") = "");
    module.def("create_story", create_story, py::arg("opening"), py::arg("generator"),
               py::arg("seed"), py::arg("title") = "", py::arg("database") = "");
    module.def("list_stories", summaries, py::arg("database") = "");
}

}  // namespace fabula::python
