#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "lab/datum_json.h"
#include "tensor/image.h"
#include "tensor/json_text.h"
#include "tensor/npy.h"
#include "tensor/npz.h"
#include "tensor/raw.h"
#include "tensor/safetensors.h"
#include "value_files.h"

namespace wf::tool {
namespace {

constexpr size_t kMostStandardInput = size_t{1} << 30;
constexpr int kDeepestJson = 32;

struct Content {
  Bytes bytes;
  std::shared_ptr<const void> owner;
};

Result<Content> standard_input() {
  auto text = std::make_shared<std::string>();
  char chunk[1 << 16];
  for (size_t got; (got = std::fread(chunk, 1, sizeof chunk, stdin)) > 0;) {
    text->append(chunk, got);
    WF_REQUIRE(text->size() <= kMostStandardInput, kInvalidArgument, "standard input is larger than 1 GiB");
  }
  return Content{as_bytes(*text), text};
}

Result<Content> content_of(const std::string& path) {
  if (path == "-") return standard_input();
  WF_TRY(auto file, MappedFile::open(path));
  return Content{file->bytes(), file};
}

bool looks_like_safetensors(std::string_view text) {  // 8 bytes of header length, then JSON
  return text.size() > 8 && text[8] == '{' && text[7] == 0 && text[6] == 0;
}

std::vector<FileValue> named(NamedTensors tensors) {
  std::vector<FileValue> values;
  for (auto& [name, tensor] : tensors) values.push_back({name, Datum(std::move(tensor)), false});
  return values;
}

std::vector<FileValue> unnamed(Datum value, bool is_picture = false) {
  std::vector<FileValue> values;
  values.push_back({"", std::move(value), is_picture});
  return values;
}

Result<std::vector<FileValue>> from_json(std::string_view text, const Interface& interface,
                                         const Feature* feature) {
  WF_TRY(const JsonDocument document, parse_json(text, kDeepestJson));
  const nlohmann::json& parsed = *document;
  if (feature) {
    WF_TRY(Datum value, datum_from_json(parsed, *feature));
    return unnamed(std::move(value));
  }
  WF_REQUIRE(parsed.is_object(), kInvalidArgument,
             "the model has several inputs: write {\"NAME\": value, ...}");
  std::vector<FileValue> values;
  for (const auto& [name, json] : parsed.items()) {
    const Feature* named_feature = interface.find_input(name);
    if (!named_feature)
      return Error(ErrorCode::kInvalidArgument, fmt::format("the model has no input '{}'", name));
    WF_TRY(Datum value, datum_from_json(json, *named_feature));
    values.push_back({name, std::move(value), false});
  }
  return values;
}

Result<std::vector<FileValue>> from_raw(const std::string& path, const Feature* feature) {
  const ArrayFeature* array = feature ? feature->array() : nullptr;
  if (!array) {
    return Error(ErrorCode::kInvalidArgument, "raw bytes need to know which array they are", {},
                 "write NAME=FILE with the name of an array input");
  }
  WF_TRY(Tensor tensor, read_raw(path, array->dtype, array->shape));
  return unnamed(std::move(tensor));
}

Result<std::vector<FileValue>> parse_content(const Content& content, const Interface& interface,
                                             const Feature* feature) {
  const std::string_view text = as_text(content.bytes);
  if (text.starts_with("\x93NUMPY")) {
    WF_TRY(Tensor tensor, parse_npy(content.bytes));
    return unnamed(std::move(tensor));
  }
  if (text.starts_with("PK\x03\x04")) {
    WF_TRY(NamedTensors tensors, parse_npz(content.bytes));
    return named(std::move(tensors));
  }
  if (text.starts_with("\x89PNG") || text.starts_with("\xff\xd8\xff")) {
    WF_TRY(Tensor pixels, parse_image(content.bytes));
    return unnamed(std::move(pixels), /*is_picture=*/true);
  }
  if (looks_like_safetensors(text)) {
    WF_TRY(NamedTensors tensors, parse_safetensors(content.bytes, content.owner));
    return named(std::move(tensors));
  }
  return from_json(text, interface, feature);
}

}  // namespace

Result<std::vector<FileValue>> read_values(const std::string& path, const Interface& interface,
                                           const Feature* feature) {
  const std::string extension = std::filesystem::path(path).extension().string();
  const auto read = [&]() -> Result<std::vector<FileValue>> {
    if (extension == ".raw" || extension == ".bin") return from_raw(path, feature);
    WF_TRY(Content content, content_of(path));
    return parse_content(content, interface, feature);
  };
  auto values = read();
  if (!values) {
    Error error = std::move(values).error().in_file(path);
    // Whatever is wrong with an input file is not the model's fault.
    if (error.code == ErrorCode::kBadModel) error.code = ErrorCode::kInvalidArgument;
    return error;
  }
  return values;
}

Result<Datum> value_from_text(const std::string& text, const Feature& feature) {
  auto parsed = parse_json(text, kDeepestJson);
  if (!parsed && std::holds_alternative<StringFeature>(feature.type))
    return string_scalar(text);  // quotes left out
  if (!parsed) {
    return Error(ErrorCode::kInvalidArgument, fmt::format("'{}' is neither a file nor JSON", text),
                 feature.name);
  }
  if (std::holds_alternative<StringFeature>(feature.type) && !(*parsed)->is_string())
    return string_scalar(text);
  return datum_from_json(**parsed, feature);
}

}  // namespace wf::tool
