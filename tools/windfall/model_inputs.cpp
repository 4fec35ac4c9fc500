#include "model_inputs.h"

#include <fmt/format.h>

#include <algorithm>

#include "lab/generate.h"
#include "picture.h"
#include "value_files.h"

namespace wf::tool {
namespace {

class InputReader {
 public:
  InputReader(const Model& model, const InputOptions& options, const Session& session)
      : model_(model), interface_(model.interface()), options_(options), session_(session) {
    mode_ = options.resize == "crop"  ? Resize::kCrop
            : options.resize == "fit" ? Resize::kFit
                                      : Resize::kStretch;
  }

  Result<Features> read() {
    for (const std::string& text : options_.given) WF_CHECK(take(text));
    WF_CHECK(fill_missing());
    return std::move(inputs_);
  }

 private:
  // NAME=... where NAME is an input: file names may hold '=' too.
  Status take(const std::string& text) {
    for (size_t at = text.find('='); at != std::string::npos; at = text.find('=', at + 1)) {
      const Feature* feature = interface_.find_input(text.substr(0, at));
      if (feature) return take_value(text.substr(at + 1), feature);
    }
    std::error_code code;
    const bool is_json = text.starts_with('[') || text.starts_with('{');
    if (text != "-" && !(is_json && only_input()) && !std::filesystem::exists(text, code)) {
      const bool has_name = text.find('=') != std::string::npos;
      return Error(ErrorCode::kInvalidArgument,
                   has_name ? fmt::format("the model has no input '{}'", text.substr(0, text.find('=')))
                            : fmt::format("no such file: {}", text),
                   "--input", "inputs: " + input_names());
    }
    return take_value(text, only_input());
  }

  Status take_value(const std::string& source, const Feature* feature) {
    std::error_code code;
    if (feature && source != "-" && !std::filesystem::exists(source, code)) {
      WF_TRY(Datum value, value_from_text(source, *feature));
      return add(feature->name, std::move(value));
    }
    WF_TRY(std::vector<FileValue> values, read_values(source, interface_, feature));
    for (FileValue& value : values) {
      if (value.name.empty() && !feature) {
        return Error(ErrorCode::kInvalidArgument, "the model has several inputs, and the file names none",
                     source, "write NAME=FILE; inputs: " + input_names());
      }
      // A file with one value that is meant for one input may call it what it likes.
      const bool meant = feature && (value.name.empty() || values.size() == 1);
      const std::string name = meant ? feature->name : value.name;  // a copy: the value is moved from
      WF_CHECK(add_file_value(name, std::move(value), source));
    }
    return {};
  }

  Status add_file_value(const std::string& name, FileValue value, const std::string& source) {
    const Feature* feature = interface_.find_input(name);
    if (!feature) {
      return Error(ErrorCode::kInvalidArgument, fmt::format("the model has no input '{}'", name), source,
                   "inputs: " + input_names());
    }
    if (!value.is_picture) return add(name, std::move(value.value));
    if (!feature->image()) {
      return Error(
          ErrorCode::kInvalidArgument,
          fmt::format("takes {}: how a picture becomes that, only its maker knows", to_string(*feature)),
          name, "prepare the array as the model was trained and give it as .npy");
    }
    WF_TRY(FittedPicture fitted, fit_picture(*value.value.tensor(), *feature->image(), mode_));
    if (!fitted.told.empty()) session_.tell(fmt::format("{}: {}", name, fitted.told));
    return add(name, Datum(std::move(fitted.pixels)));
  }

  Status add(const std::string& name, Datum value) {
    if (find_feature(inputs_, name)) {
      return Error(ErrorCode::kInvalidArgument, "given twice", fmt::format("input '{}'", name));
    }
    inputs_.emplace_back(name, std::move(value));
    return {};
  }

  Status fill_missing() {
    std::string missing;
    for (const Feature& feature : interface_.inputs) {
      if (feature.optional || find_feature(inputs_, feature.name)) continue;
      missing += (missing.empty() ? "" : ", ") + fmt::format("{} ({})", feature.name, to_string(feature));
    }
    if (missing.empty()) return {};
    if (!options_.random_seed) {
      return Error(ErrorCode::kInvalidArgument, "no value for: " + missing, {},
                   "give --input NAME=FILE for each, or --random-inputs SEED");
    }
    WF_TRY(Features generated, generate_inputs(model_, *options_.random_seed));
    for (auto& [name, value] : generated) {
      if (!find_feature(inputs_, name)) inputs_.emplace_back(name, std::move(value));
    }
    return {};
  }

  // The input that a nameless value means: the only one, or the only one that must be given.
  const Feature* only_input() const {
    const Feature* found = nullptr;
    for (const Feature& feature : interface_.inputs) {
      if (feature.optional && interface_.inputs.size() > 1) continue;
      if (found) return nullptr;
      found = &feature;
    }
    return found;
  }

  std::string input_names() const {
    std::string names;
    for (const Feature& feature : interface_.inputs) names += (names.empty() ? "" : ", ") + feature.name;
    return names;
  }

  const Model& model_;
  const Interface& interface_;
  const InputOptions& options_;
  const Session& session_;
  Resize mode_;
  Features inputs_;
};

}  // namespace

void InputOptions::add_to(CLI::App& verb) {
  verb.add_option("-i,--input", given,
                  "NAME=FILE, or FILE alone for the only input: npy, npz, safetensors, json, raw, png, jpg; "
                  "- is standard "
                  "input; NAME=JSON for numbers, texts, lists and dictionaries")
      ->expected(1)
      ->allow_extra_args(false)  // else CLI11 would split "[1, 2]" in two
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  verb.add_option("--random-inputs", random_seed, "Generate what is not given from this seed");
  verb.add_option("--resize", resize, "How a picture becomes the model's size")
      ->check(CLI::IsMember({"stretch", "crop", "fit"}))
      ->capture_default_str();
}

Result<Features> model_inputs(const Model& model, const InputOptions& options, const Session& session) {
  return InputReader(model, options, session).read();
}

}  // namespace wf::tool
