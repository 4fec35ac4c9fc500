#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <numeric>

#include "api/bounded_json.h"
#include "api/dtype_names.h"
#include "api/envelope.h"
#include "runtime/feature_values.h"
#include "tensor/image.h"
#include "tensor/tensor_json.h"

namespace wf::api {
namespace {

using Json = nlohmann::json;

Error refuse(std::string message, std::string hint = {}) {
  return {ErrorCode::kInvalidArgument, std::move(message), {}, std::move(hint)};
}

Result<FileFormat> format_of(const Json& object) {
  WF_TRY(const std::string name, text_member(object, "format", "raw"));
  if (name == "raw") return FileFormat::kRaw;
  if (name == "safetensors") return FileFormat::kSafetensors;
  return refuse(fmt::format("no file format '{}'; there are: raw, safetensors", name));
}

Result<FilePlace> place_of(const Json& object) {
  WF_CHECK(check_object(object, "'file'", {"path", "format", "offset", "length", "tensor"}));
  FilePlace place;
  WF_TRY(const std::string path, text_member(object, "path"));
  if (path.empty()) return refuse("a file needs a 'path'");
  place.path = path;
  WF_TRY(place.format, format_of(object));
  WF_TRY(place.offset, count_member(object, "offset", 0));
  if (member(object, "length")) {
    WF_TRY(place.length, count_member(object, "length", 0));
  }
  WF_TRY(place.tensor, text_member(object, "tensor"));
  return place;
}

Result<std::optional<DType>> dtype_of(const Json& input) {
  if (!member(input, "dtype")) return std::optional<DType>();
  WF_TRY(const std::string name, text_member(input, "dtype"));
  WF_TRY(const DType dtype, dtype_named(name));
  return std::optional(dtype);
}

Result<std::optional<Shape>> shape_of(const Json& input) {
  const Json* sizes = member(input, "shape");
  if (!sizes) return std::optional<Shape>();
  if (!sizes->is_array()) return refuse("'shape' is no list of sizes");
  Shape shape;
  for (const Json& size : *sizes) {
    if (!size.is_number_unsigned() || size.get<uint64_t>() > INT64_MAX)
      return refuse("'shape' holds something that is no size");
    shape.push_back(size.get<int64_t>());
  }
  return std::optional(std::move(shape));
}

Status flatten_texts(const Json& value, std::vector<std::string>& out) {
  if (value.is_array()) {
    for (const Json& item : value) WF_CHECK(flatten_texts(item, out));
    return {};
  }
  if (!value.is_string()) return refuse("'values' of dtype string holds something that is no text");
  out.push_back(value.get<std::string>());
  return {};
}

// A flat list takes the shape that is given; a nested one, or a single value, has its own, which must agree.
Result<Tensor> values_of(const Json& values, std::optional<DType> dtype, const std::optional<Shape>& shape) {
  if (dtype == DType::kString) {
    std::vector<std::string> texts;
    WF_CHECK(flatten_texts(values, texts));
    Shape own = values.is_array() ? Shape{static_cast<int64_t>(texts.size())} : Shape{};
    return Tensor::of_strings(shape.value_or(std::move(own)), std::move(texts));
  }
  WF_TRY(Tensor tensor, tensor_from_json(values));
  if (shape && tensor.shape() != *shape) {
    if (tensor.rank() > 1) {
      return refuse(fmt::format("'values' is nested as {}, 'shape' is {}", to_string(tensor.shape()),
                                to_string(*shape)));
    }
    WF_TRY(tensor, tensor.reshaped(*shape));
  }
  return dtype ? convert_losslessly(tensor, *dtype) : Result<Tensor>(std::move(tensor));
}

Result<Tensor> picture_of(const Json& object, const ImageFeature* declared) {
  WF_CHECK(check_object(object, "'image'", {"path", "resize"}));
  WF_TRY(const std::string path, text_member(object, "path"));
  WF_TRY(const bool resize, flag_member(object, "resize", false));
  auto pixels = read_image(path);
  if (!pixels) {
    Error error = pixels.error();
    if (error.code == ErrorCode::kBadModel) error.code = ErrorCode::kInvalidArgument;
    return error;
  }
  if (!declared) return refuse("the model takes no picture here");
  if (channels(declared->layout) == 1) {
    WF_TRY(*pixels, to_grayscale(*pixels));
  }
  return resize ? resize_image(*pixels, declared->width, declared->height) : pixels;
}

Result<Datum> key_of(const Json& key) {
  if (key.is_string()) return string_scalar(key.get<std::string>());
  if (!key.is_number_integer() || (key.is_number_unsigned() && key.get<uint64_t>() > INT64_MAX))
    return refuse("a key or item is neither text nor a whole number");
  const int64_t number = key.get<int64_t>();
  WF_TRY(Tensor tensor, Tensor::of_ints(DType::kInt64, {}, std::span(&number, 1)));
  return Datum(std::move(tensor));
}

Result<Datum> number_of(const Json& number) {
  if (!number.is_number()) return refuse("a dictionary's value is no number");
  WF_TRY(Tensor tensor, Tensor::scalar(DType::kFloat64, number.get<double>()));
  return Datum(std::move(tensor));
}

// {"text": number} or, for keys that are whole numbers too, [[key, number], ...].
Result<Datum> dictionary_of(const Json& value) {
  Dict out;
  if (value.is_object()) {
    for (const auto& [key, number] : value.items()) {
      WF_TRY(Datum name, string_scalar(key));
      WF_TRY(Datum amount, number_of(number));
      out.items.emplace_back(std::move(name), std::move(amount));
    }
    return Datum(std::move(out));
  }
  if (!value.is_array()) return refuse("'dictionary' is neither an object nor a list of pairs");
  for (const Json& pair : value) {
    if (!pair.is_array() || pair.size() != 2) return refuse("'dictionary' holds something that is no pair");
    WF_TRY(Datum name, key_of(pair[0]));
    WF_TRY(Datum amount, number_of(pair[1]));
    out.items.emplace_back(std::move(name), std::move(amount));
  }
  return Datum(std::move(out));
}

Result<Datum> sequence_of(const Json& value) {
  if (!value.is_array()) return refuse("'sequence' is no list");
  List out;
  for (const Json& item : value) {
    WF_TRY(Datum one, key_of(item));
    out.items.push_back(std::move(one));
  }
  return Datum(std::move(out));
}

Result<Datum> value_of(const Json& input, const Feature* feature) {
  constexpr const char* kForms[] = {"values", "file", "image", "dictionary", "sequence"};
  const auto forms = std::ranges::count_if(kForms, [&](const char* form) { return input.contains(form); });
  if (forms != 1) return refuse("needs one of 'values', 'file', 'image', 'dictionary', 'sequence'");
  if (const Json* dictionary = member(input, "dictionary")) return dictionary_of(*dictionary);
  if (const Json* sequence = member(input, "sequence")) return sequence_of(*sequence);
  const auto picture = [&]() -> Result<Tensor> {
    if (const Json* image = member(input, "image"))
      return picture_of(*image, feature ? feature->image() : nullptr);
    WF_TRY(const auto dtype, dtype_of(input));
    WF_TRY(const auto shape, shape_of(input));
    if (const Json* values = member(input, "values")) return values_of(*values, dtype, shape);
    WF_TRY(const FilePlace place, place_of(input["file"]));
    return map_tensor(place, dtype, shape);
  };
  WF_TRY(Tensor tensor, picture());
  return Datum(std::move(tensor));
}

Result<StateRequest> state_of(const Json& object) {
  WF_CHECK(check_object(object, "'state'", {"name", "reset", "drop"}));
  StateRequest state;
  WF_TRY(state.name, text_member(object, "name"));
  if (state.name.empty()) return refuse("'state' needs a 'name'");
  WF_TRY(state.reset, flag_member(object, "reset", false));
  WF_TRY(state.drop, flag_member(object, "drop", false));
  return state;
}

Result<InputEnvelope::Large> large_of(const Json& object) {
  WF_CHECK(check_object(object, "'large'", {"bytes", "folder", "format"}));
  InputEnvelope::Large large;
  WF_TRY(large.bytes, count_member(object, "bytes", 0));
  WF_TRY(const std::string folder, text_member(object, "folder"));
  large.folder = folder.empty() ? std::filesystem::temp_directory_path() : std::filesystem::path(folder);
  WF_TRY(large.format, format_of(object));
  return large;
}

Status read_options(const Json& options, const Interface& interface, InputEnvelope& out) {
  WF_CHECK(check_object(options, "'options'", {"files", "large", "state", "seed"}));
  WF_TRY(out.seed, count_member(options, "seed", 0));
  if (const Json* state = member(options, "state")) {
    WF_TRY(out.state, state_of(*state));
  }
  if (const Json* large = member(options, "large")) {
    WF_TRY(out.large, large_of(*large));
  }
  const Json* files = member(options, "files");
  if (!files) return {};
  if (!files->is_object()) return refuse("'files' is no object of outputs and files");
  for (const auto& [name, file] : files->items()) {
    if (!interface.find_output(name))
      return refuse(fmt::format("'files' names '{}', which is no output", name));
    auto place = place_of(file);
    if (!place) return std::move(place).error().at(fmt::format("output '{}'", name));
    out.files.emplace(name, *std::move(place));
  }
  return {};
}

// A caller's values that do not make a tensor are the caller's fault, whatever a file's reader would say.
Error callers_fault(Error error) {
  if (error.code == ErrorCode::kBadModel) error.code = ErrorCode::kInvalidArgument;
  return error;
}

}  // namespace

Result<InputEnvelope> parse_envelope(const char* json, const Interface& interface) {
  WF_TRY(const JsonDocument document, parse_caller_json(json));
  const Json& envelope = *document;
  WF_CHECK(check_object(envelope, "the description of the inputs", {"inputs", "options"}));
  const Json* inputs = member(envelope, "inputs");
  if (!inputs || !inputs->is_array()) return refuse("needs 'inputs', a list of named values");
  InputEnvelope out;
  for (const Json& input : *inputs) {
    WF_CHECK(check_object(input, "an input",
                          {"name", "shape", "dtype", "values", "file", "image", "dictionary", "sequence"}));
    WF_TRY(std::string name, text_member(input, "name"));
    if (name.empty()) return refuse("an input has no 'name'");
    auto value = value_of(input, interface.find_input(name));
    if (!value) return callers_fault(std::move(value).error().at(fmt::format("input '{}'", name)));
    out.inputs.emplace_back(std::move(name), *std::move(value));
  }
  if (const Json* options = member(envelope, "options")) WF_CHECK(read_options(*options, interface, out));
  return out;
}

}  // namespace wf::api
