// SPDX-License-Identifier: 0BSD
// The JSON Schema of the lines; the settings' part is made from the table of fields.
#include "exchange/dataset_json.h"
#include "sample/settings_schema.h"

#include <nlohmann/json.hpp>

#include <initializer_list>
#include <utility>

namespace fabula::exchange {
namespace {

using Json = nlohmann::ordered_json;

Json of_type(const char* type, const char* description) {
    return {{"type", type}, {"description", description}};
}

Json or_null(const char* type, const char* description) {
    return {{"type", Json::array({type, "null"})}, {"description", description}};
}

Json whole(const char* description, int lowest = 0) {
    return {{"type", "integer"}, {"minimum", lowest}, {"description", description}};
}

Json whole_or_null(const char* description) {
    return {
        {"type", Json::array({"integer", "null"})}, {"minimum", 0}, {"description", description}};
}

Json decimal(const char* description) {
    return {
        {"type", "string"}, {"pattern", "^(0|[1-9][0-9]{0,19})$"}, {"description", description}};
}

constexpr const char* moment =
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z$";

Json time_of(const char* description) {
    return {{"type", "string"}, {"pattern", moment}, {"description", description}};
}

Json time_or_null(const char* description) {
    return {{"type", Json::array({"string", "null"})},
            {"pattern", moment},
            {"description", description}};
}

Json list_or_null(Json items, const char* description) {
    return {{"type", Json::array({"array", "null"})},
            {"items", std::move(items)},
            {"description", description}};
}

Json reference(const char* name) {
    return {{"$ref", std::string("#/$defs/") + name}};
}

Json list_of(const char* name, const char* description) {
    return {{"type", "array"}, {"items", reference(name)}, {"description", description}};
}

/// Every property is required but those named, and no other may be there.
Json object_of(Json properties, const char* description,
               std::initializer_list<const char*> optional = {}) {
    Json required = Json::array();
    for (const auto& [key, value] : properties.items()) {
        bool is_optional = false;
        for (const char* const each : optional)
            is_optional = is_optional || key == each;
        if (!is_optional) required.push_back(key);
    }
    return {{"type", "object"},
            {"description", description},
            {"additionalProperties", false},
            {"required", std::move(required)},
            {"properties", std::move(properties)}};
}

Json settings_schema() {
    Json properties = Json::parse(sample::settings_json_schema(), nullptr, false)["properties"];
    for (auto& [key, property] : properties.items())
        property.erase("default");
    const Json hint = properties["logit_bias"]["description"];
    properties["logit_bias"] = {
        {"type", "array"},
        {"items", object_of({{"token_id", whole("A token of the model.")},
                             {"bias",
                              {{"type", "number"},
                               {"minimum", -100},
                               {"maximum", 100},
                               {"description", "Added to its logit; -100 bans it."}}}},
                            "The bias of one token.")},
        {"description", hint}};
    return object_of(std::move(properties), "Sampling settings, every one of them.");
}

Json candidate_schema() {
    return object_of(
        {{"index", whole("Which candidate of its offer; ascending, never given twice.")},
         {"text", of_type("string", "What the model wrote.")},
         {"settings", reference("settings")},
         {"policy", of_type("string", "Where the settings came from.")},
         {"propensity",
          or_null("number", "Density with which the policy drew the settings; null: not drawn.")},
         {"n_tokens", whole("Tokens of the candidate.")},
         {"mean_logprob_model",
          or_null("number", "Mean of logprobs_model in nats a token; null without tokens.")},
         {"mean_logprob", or_null("number", "Mean of logprobs in nats a token.")},
         {"token_ids", list_or_null({{"type", "integer"}, {"minimum", 0}},
                                    "Ids of the tokens; null where a name was taken out.")},
         {"logprobs_model", list_or_null({{"type", Json::array({"number", "null"})}},
                                         "Natural log-probability of each token under the model, "
                                         "at temperature 1 with nothing cut.")},
         {"logprobs", list_or_null({{"type", Json::array({"number", "null"})}},
                                   "The same under the settings; null: minus infinity.")},
         {"score", or_null("number", "Fabula's own score; null for a candidate without words.")},
         {"copied_share", or_null("number", "Share of its words that repeat 4-grams of the text.")},
         {"ending", of_type("string", "Why it ended.")},
         {"seconds", or_null("number", "Time that writing it took.")},
         {"stream", decimal("Name of the random stream that drew it, an unsigned 64-bit number.")},
         {"redacted", of_type("boolean", "Whether a name was taken out of the text or settings.")},
         {"created", time_of("When it was written, UTC.")}},
        "One continuation.");
}

Json rating_schema() {
    return object_of({{"index", whole("The candidate.")},
                      {"rating", {{"enum", {-1, 1}}, {"description", "1 up, -1 down."}}},
                      {"reason", of_type("string", "Why, or empty.")},
                      {"user", or_null("string", "A pseudonym; null: not known.")},
                      {"created", time_of("When, UTC.")}},
                     "What somebody thinks of a candidate; their last word on it.");
}

Json offer_schema() {
    Json kinds = Json::array({"picked", "edited", "written", "refused", nullptr});
    return object_of(
        {{"id", of_type("string", "STORY/PASSAGE.NUMBER")},
         {"story", of_type("string", "A pseudonym; all lines of a story are in one split.")},
         {"step", whole("Which step of the story, from 1.", 1)},
         {"passage",
          whole("The passage of the story behind which the offer was made; 0 is the opening.")},
         {"number", whole("Which offer there, from 0.")},
         {"prompt", of_type("string", "What the model saw; absent where prompts are left out.")},
         {"system", of_type("string", "System line for chat models; absent with the prompt.")},
         {"instruction",
          of_type("string", "For chat models, what the story answers; absent with the prompt.")},
         {"candidates", list_of("candidate", "What was offered, by ascending index.")},
         {"shown",
          list_or_null({{"type", "integer"}, {"minimum", 0}},
                       "Indices in the order in which they stood on the screen; null: not kept.")},
         {"decision",
          {{"enum", std::move(kinds)},
           {"description",
            "picked: a candidate as it stood; edited: a candidate in a person's words; written: a "
            "person's words in place of all; refused: none; null: undecided."}}},
         {"picked", whole_or_null("Index of the candidate that was picked or edited.")},
         {"words", or_null("string", "The words that were edited or written.")},
         {"chooser",
          {{"enum", Json::array({"person", "score", nullptr})}, {"description", "Who chose."}}},
         {"reason",
          or_null("string",
                  "Why: of a person any of coherence, style, turn, or words of their own.")},
         {"user", or_null("string", "A pseudonym; null: not known.")},
         {"seconds", or_null("number", "From the complete offer to the choice.")},
         {"decided", time_or_null("When it was chosen, UTC.")},
         {"n_choices",
          whole("How often somebody chose here; the fields above are of the choice that counts.")},
         {"ratings", list_of("rating", "By candidate.")},
         {"seed", decimal("Of the story, an unsigned 64-bit number.")},
         {"model", of_type("string", "Name of the model.")},
         {"model_hash", of_type("string", "SHA-256 of its file.")},
         {"adapter_hash", of_type("string", "SHA-256 of its adapter's file, or empty.")},
         {"backend", of_type("string", "What computed it.")},
         {"arithmetic", of_type("string",
                                "What the bits depend on beside the model, or empty where the same "
                                "bits are not promised.")},
         {"created", time_of("When it was offered, UTC.")}},
        "One offer: a line of data/*.jsonl.", {"prompt", "system", "instruction"});
}

Json pair_schema() {
    return object_of(
        {{"prompt", of_type("string", "What the model saw; absent where prompts are left out.")},
         {"chosen", of_type("string", "The candidate that was taken, as a person left it.")},
         {"rejected", of_type("string", "A candidate that was shown beside it.")},
         {"id", of_type("string", "OFFER/CHOSEN-REJECTED")},
         {"offer", of_type("string", "id of the line of data/*.jsonl.")},
         {"story", of_type("string", "A pseudonym.")},
         {"step", whole("Which step of the story, from 1.", 1)},
         {"chosen_index", whole("Index of the candidate that was taken.")},
         {"rejected_index", whole("Index of the other.")},
         {"edited",
          of_type("boolean", "Whether a person changed the words of the one that was taken.")},
         {"chooser", {{"enum", Json::array({"person", "score"})}, {"description", "Who chose."}}},
         {"user", or_null("string", "A pseudonym; null: not known.")},
         {"model", of_type("string", "Name of the model.")}},
        "A better and a worse text: a line of pairs/*.jsonl.", {"prompt"});
}

}  // namespace

std::string dataset_schema() {
    const Json schema{
        {"$schema", "https://json-schema.org/draft/2020-12/schema"},
        {"title", "Lines of a data set published by Fabula, version 1"},
        {"description", "A line of data/*.jsonl is an offer, a line of pairs/*.jsonl a pair."},
        {"oneOf", Json::array({reference("offer"), reference("pair")})},
        {"$defs",
         {{"offer", offer_schema()},
          {"candidate", candidate_schema()},
          {"settings", settings_schema()},
          {"rating", rating_schema()},
          {"pair", pair_schema()}}}};
    return schema.dump(2) + "\n";
}

}  // namespace fabula::exchange
