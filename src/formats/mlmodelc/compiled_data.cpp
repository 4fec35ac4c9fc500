#include "formats/mlmodelc/compiled_data.h"

#include <fmt/format.h>

#include "base/checked_math.h"
#include "base/endian.h"
#include "formats/mlmodel/description.h"
#include "formats/wire/message.h"
#include "proto/model.h"

namespace wf {
namespace {

using ModelField = proto::Model;

constexpr uint64_t kStringLabels = 100, kIntegerLabels = 101;  // NeuralNetworkClassifier's oneof ClassLabels

// Reads values one after the other; the first thing that does not fit is an error with its offset.
class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : bytes_(bytes) {}

  bool at_end() const { return offset_ == bytes_.size(); }
  Bytes rest() const { return bytes_.subspan(offset_); }

  template <class T>
  Result<T> number(std::string_view what) {
    WF_CHECK(need(sizeof(T), what));
    const T value = load_little<T>(bytes_, offset_);
    offset_ += sizeof(T);
    return value;
  }

  Result<Bytes> take(uint64_t size, std::string_view what) {
    WF_CHECK(need(size, what));
    const Bytes taken = bytes_.subspan(offset_, static_cast<size_t>(size));
    offset_ += static_cast<size_t>(size);
    return taken;
  }

  Result<std::string> text(std::string_view what) {
    WF_TRY(const uint64_t size, number<uint64_t>(what));
    WF_TRY(const Bytes content, take(size, what));
    if (!is_valid_utf8(as_text(content))) return Error(error(fmt::format("{} is not UTF-8", what)));
    return std::string(as_text(content));
  }

  // A count of items that take at least `item_size` bytes each.
  Result<uint64_t> count(size_t item_size, std::string_view what) {
    WF_TRY(const uint64_t value, number<uint64_t>(what));
    const auto size = checked_mul<uint64_t>(value, item_size);
    if (size && range_fits(offset_, *size, bytes_.size())) return value;
    return error(fmt::format("{} {}, more than the file can hold", value, what));
  }

  Error error(std::string message) const {
    return Error(ErrorCode::kBadModel, std::move(message), fmt::format("byte {}", offset_));
  }

 private:
  Status need(uint64_t size, std::string_view what) const {
    if (range_fits(offset_, size, bytes_.size())) return {};
    return error(fmt::format("{} needs {} bytes, {} are left", what, size, bytes_.size() - offset_));
  }

  Bytes bytes_;
  size_t offset_ = 0;
};

Result<Description> description_from(const Message& message, const WireErrors& errors) {
  auto description = read_description(message);
  WF_CHECK(errors.status());
  if (!description) return std::move(description).error().at("model description");
  return description;
}

Status read_labels(ByteReader& reader, CompiledData& data) {
  WF_TRY(const uint64_t kind, reader.number<uint64_t>("the kind of class labels"));
  if (kind != kStringLabels && kind != kIntegerLabels) {
    return reader.error(
        fmt::format("class labels of kind {}, expected 100 (strings) or 101 (integers)", kind));
  }
  WF_TRY(const uint64_t count, reader.count(sizeof(uint64_t), "class labels"));
  for (uint64_t i = 0; i < count; ++i) {
    if (kind == kStringLabels) {
      WF_TRY(std::string label, reader.text("a class label"));
      WF_TRY(Datum scalar, string_scalar(std::move(label)));
      data.class_labels.items.push_back(std::move(scalar));
    } else {
      WF_TRY(const int64_t label, reader.number<int64_t>("a class label"));
      WF_TRY(Tensor scalar, Tensor::of_ints(DType::kInt64, {}, std::span(&label, 1)));
      data.class_labels.items.emplace_back(std::move(scalar));
    }
  }
  WF_TRY(data.probabilities_name, reader.text("the name of the probabilities"));
  return {};
}

// Only one form is known: any other is no error, it just cannot run.
std::optional<CompiledTrees> read_trees(ByteReader& reader) {
  const auto is = [&](uint64_t expected) {
    const auto value = reader.number<uint64_t>("a number about the trees");
    return value && *value == expected;
  };
  if (!is(0)) return std::nullopt;
  auto file = reader.text("the file of the trees");
  if (!file || !is(1) || !is(0)) return std::nullopt;
  const auto count = reader.count(sizeof(int64_t), "class labels");
  if (!count) return std::nullopt;
  CompiledTrees trees{*std::move(file), {}};
  for (uint64_t i = 0; i < *count; ++i) trees.labels.push_back(*reader.number<int64_t>("a class label"));
  return reader.at_end() ? std::optional(std::move(trees)) : std::nullopt;
}

// What follows the description. Types whose compiled form is not read here end with the description.
Status read_trailer(ByteReader& reader, CompiledData& data) {
  const bool classifier = data.type == ModelField::kNeuralNetworkClassifier;
  const bool pipeline = data.type == ModelField::kPipeline || data.type == ModelField::kPipelineClassifier ||
                        data.type == ModelField::kPipelineRegressor;
  if (data.type == ModelField::kTreeEnsembleClassifier) data.trees = read_trees(reader);
  if (pipeline) {
    WF_TRY(data.part_count, reader.number<uint64_t>("the number of parts"));
  }
  if (!pipeline && !classifier) return {};
  WF_TRY(const uint32_t type, reader.number<uint32_t>("the type after the description"));
  if (type != data.type)
    return reader.error(fmt::format("type {} after the description, expected {}", type, data.type));
  WF_CHECK(reader.number<uint32_t>("the number after the type"));
  return classifier ? read_labels(reader, data) : Status();
}

Status read_generic(ByteReader& reader, CompiledData& data) {
  WF_TRY(const uint64_t size, reader.number<uint64_t>("the size of the description"));
  WF_TRY(const Bytes content, reader.take(size, "the description"));
  WireErrors errors(content);
  WF_TRY(data.description, description_from(Message(content, errors), errors));
  return read_trailer(reader, data);
}

Status read_spec(ByteReader& reader, CompiledData& data) {
  const Bytes content = reader.rest();
  WireErrors errors(content);
  const Message model(content, errors);
  data.specification_version = model.i64(ModelField::kSpecificationVersion);
  data.updatable = model.flag(ModelField::kIsUpdatable);
  WF_TRY(data.description, description_from(model.message(ModelField::kDescription), errors));
  data.model_message = std::string(as_text(content));
  return {};
}

Result<CompiledData> read(ByteReader& reader) {
  CompiledData data;
  WF_TRY(data.type, reader.number<uint32_t>("the type"));
  WF_CHECK(reader.number<uint32_t>("the layout"));
  WF_CHECK(reader.take(20, "the version numbers"));
  WF_TRY(std::string kind, reader.text("the kind"));
  WF_TRY(data.specification_version, reader.number<uint32_t>("the specification version"));
  WF_CHECK(reader.take(20, "the bytes after the specification version"));
  if (kind.empty()) {
    WF_TRY(kind, reader.text("the kind"));
  } else {
    WF_CHECK(reader.take(8, "the bytes after the specification version"));
  }
  if (kind == "spec") {
    WF_CHECK(read_spec(reader, data));
  } else if (kind.starts_with("generic")) {
    WF_CHECK(read_generic(reader, data));
  } else {
    return reader.error(fmt::format("kind '{}', expected 'generic...' or 'spec'", kind));
  }
  return data;
}

}  // namespace

Result<CompiledData> read_compiled_data(Bytes bytes) {
  ByteReader reader(bytes);
  return read(reader);
}

}  // namespace wf
