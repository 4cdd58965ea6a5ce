// SPDX-License-Identifier: 0BSD
// The module _fabula: what python/fabula is built on.
#include "bind/drawing.h"
#include "bind/errors.h"
#include "bind/generator.h"
#include "bind/story.h"
#include "sample/settings.h"
#include "sample/settings_json.h"

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

namespace py = pybind11;

namespace fabula::python {
namespace {

std::vector<float> logprobs_of(const model::Candidate& candidate) {
    std::vector<float> values;
    values.reserve(candidate.trace.size());
    for (const auto& each : candidate.trace)
        values.push_back(each.logprob_model);
    return values;
}

std::vector<int> ranks_of(const model::Candidate& candidate) {
    std::vector<int> values;
    values.reserve(candidate.trace.size());
    for (const auto& each : candidate.trace)
        values.push_back(each.rank);
    return values;
}

// [(name, low, high, low_is_open, is_whole, default, unit, hint)]
py::list settings_fields() {
    py::list list;
    for (const auto& field : sample::fields())
        list.append(py::make_tuple(field.name, field.low, field.high, field.low_is_open,
                                   field.is_whole, field.standard, field.unit, field.hint));
    return list;
}

std::vector<std::string> other_settings() {
    std::vector<std::string> names;
    const auto others = sample::other_fields();
    names.reserve(others.size());
    for (const auto& field : others)
        names.emplace_back(field.name);
    return names;
}

std::string checked_settings(const std::string& json) {
    return sample::to_json(value_or_raise(sample::settings_from_json(json)));
}

// What a candidate of a remote model cost, by the names of RemoteUsage; None for a local one.
py::object usage_of(const model::Candidate& candidate) {
    if (!candidate.usage) return py::none();
    const auto& usage = *candidate.usage;
    py::dict dict;
    dict["host"] = usage.host;
    dict["prompt_tokens"] = usage.prompt_tokens;
    dict["completion_tokens"] = usage.completion_tokens;
    dict["is_estimated"] = usage.is_counted_here;
    dict["money"] = usage.money;
    dict["currency"] = usage.currency;
    dict["first_text_seconds"] = usage.first_text_seconds;
    dict["attempts"] = usage.attempts;
    return dict;
}

void bind_candidates(py::module_& module) {
    py::class_<model::Candidate>(module, "Candidate")
        .def_readonly("text", &model::Candidate::text)
        .def_readonly("ids", &model::Candidate::ids)
        .def_property_readonly(
            "ids_are_whole",
            [](const model::Candidate& self) { return self.ids_bytes == self.text.size(); })
        .def_property_readonly("logprobs", logprobs_of)
        .def_property_readonly("ranks", ranks_of)
        .def_property_readonly(
            "ending", [](const model::Candidate& self) { return model::name_of(self.ending); })
        .def_readonly("seconds", &model::Candidate::seconds)
        .def_readonly("ignored", &model::Candidate::ignored)
        .def_property_readonly("n_tokens",
                               [](const model::Candidate& self) { return model::n_tokens(self); })
        .def_property_readonly("usage", usage_of);
    py::class_<Drawn>(module, "Drawn")
        .def_readonly("was_interrupted", &Drawn::was_interrupted)
        .def_property_readonly("candidates",
                               [](const Drawn& self) { return self.generated.candidates; })
        .def_property_readonly("prompt_tokens",
                               [](const Drawn& self) { return self.generated.prompt_ids.size(); })
        .def_property_readonly("computed_tokens",
                               [](const Drawn& self) { return self.generated.computed_tokens; })
        .def_property_readonly("first_token_seconds",
                               [](const Drawn& self) { return self.generated.first_token_seconds; })
        .def_property_readonly("seconds", [](const Drawn& self) { return self.generated.seconds; });
}

void bind_generator(py::module_& module) {
    py::class_<Generator>(module, "Generator")
        .def("generate", &Generator::generate, py::arg("prompt"), py::arg("settings"),
             py::arg("seed"), py::arg("on_text") = py::none())
        .def("measure", &Generator::measure, py::arg("text"))
        .def("spell", &Generator::spell, py::arg("ids"))
        .def("slide", &Generator::slide, py::arg("passages"), py::arg("max_new_tokens"))
        .def_property_readonly("name", [](const Generator& self) { return self.info().name; })
        .def_property_readonly("path", [](const Generator& self) { return self.info().path; })
        .def_property_readonly("architecture",
                               [](const Generator& self) { return self.info().architecture; })
        .def_property_readonly("backend", [](const Generator& self) { return self.info().backend; })
        .def_property_readonly("arithmetic",
                               [](const Generator& self) { return self.info().arithmetic; })
        .def_property_readonly("window_tokens",
                               [](const Generator& self) { return self.info().window_tokens; });
    module.def("open_generator", open_generator, py::arg("name") = "", py::arg("backend") = "",
               py::arg("n_threads") = 0);
    module.def("open_remote", open_remote, py::arg("values"), py::arg("model") = "");
}

}  // namespace
}  // namespace fabula::python

PYBIND11_MODULE(_fabula, module) {
    module.doc() = "Fabula's engine; use the package fabula.";
    fabula::python::bind_candidates(module);
    fabula::python::bind_generator(module);
    fabula::python::bind_stories(module);
    module.def("end_work", fabula::python::end_work);
    module.def("settings_fields", fabula::python::settings_fields);
    module.def("other_settings", fabula::python::other_settings);
    module.def("checked_settings", fabula::python::checked_settings, pybind11::arg("json"));
}
