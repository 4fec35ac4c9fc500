#include "formats/mlmodel/model_message.h"

#include <fmt/format.h>

#include <algorithm>

#include "formats/lfs_pointer.h"
#include "formats/linked_model.h"
#include "formats/mlmodel/description.h"
#include "formats/mlmodel/mil_program.h"
#include "formats/mlmodel/model_type.h"
#include "formats/neural_network/lower.h"
#include "program/text.h"
#include "proto/model.h"

namespace wf {
namespace {

constexpr int64_t kNewestVersion = 10;  // iOS 26
constexpr size_t kMaxParts = 4096;

class ModelReader {
 public:
  ModelReader(const std::shared_ptr<const MappedFile>& file, const ModelSource& source,
              const ReadOptions& options)
      : owner_(file), source_(source), options_(options) {}

  Result<ModelFile> read(const Message& message) const {
    using Field = proto::Model;
    ModelFile file;
    file.path = source_.path;
    file.container = source_.container;
    file.specification_version = message.i64(Field::kSpecificationVersion);
    if (file.specification_version < 1 || file.specification_version > kNewestVersion) {
      file.notes.push_back(fmt::format("specification version {}, this build knows 1 to {}",
                                       file.specification_version, kNewestVersion));
    }
    file.updatable = message.flag(Field::kIsUpdatable);
    WF_TRY(file.description, read_description(message.message(Field::kDescription)));
    WF_CHECK(read_type(message, file));
    return file;
  }

 private:
  Status read_type(const Message& message, ModelFile& file) const {
    const ModelType* type = find_type(message);
    if (!type) return refuse_unknown(message, file);
    file.type = type->name;
    const Message inner = message.message(type->field);
    switch (type->kind) {
      case ModelKind::kProgram:
        return read_program(inner, file);
      case ModelKind::kNeuralNetwork:
        return lower_neural_network(file, inner, owner_);
      case ModelKind::kPipeline:
        return read_pipeline(inner, *type, file);
      case ModelKind::kClassic: {
        auto classic = type->read(inner, file.description.interface);
        if (!classic) return std::move(classic).error().at(file.type);
        file.classic = *std::move(classic);
        return {};
      }
      case ModelKind::kLinked:
        return follow_link(inner, source_.path.parent_path(), options_, file);
      case ModelKind::kOther:
        break;
    }
    file.refusals.push_back({file.type, std::string(type->needs), type->supplier});
    return {};
  }

  // The alternative that is present; of several the last, as the format prescribes for a oneof.
  static const ModelType* find_type(const Message& message) {
    const ModelType* found = nullptr;
    for (const uint32_t field : message.fields_present()) {
      const auto type = std::ranges::find(model_types(), field, &ModelType::field);
      if (type != model_types().end()) found = &*type;
    }
    return found;
  }

  static Status refuse_unknown(const Message& message, ModelFile& file) {
    const auto fields = message.fields_present();
    const auto unknown = std::ranges::find_if(
        fields, [](uint32_t field) { return field >= proto::Model::kPipelineClassifier; });
    if (unknown == fields.end()) {
      return Error(ErrorCode::kBadModel, "the Model message holds no model: none of its types is present", {},
                   "the file is damaged or is not a Core ML model");
    }
    file.type = fmt::format("type {}", *unknown);
    file.refusals.push_back({file.type, "a newer Windfall: this build does not know the type"});
    return {};
  }

  Status read_program(const Message& message, ModelFile& file) const {
    WF_TRY(Program program, read_mil_program(message, owner_, file.notes));
    WF_CHECK(load_weights(program, source_.weights, options_, file));
    WF_CHECK(verify(program));
    file.program = std::make_shared<const Program>(std::move(program));
    return {};
  }

  Status read_pipeline(const Message& message, const ModelType& type, ModelFile& file) const {
    static_assert(static_cast<int>(proto::PipelineClassifier::kPipeline) ==
                  proto::PipelineRegressor::kPipeline);
    const Message pipeline = type.field == proto::Model::kPipeline
                                 ? message
                                 : message.message(proto::PipelineClassifier::kPipeline);
    WF_REQUIRE(pipeline.count(proto::Pipeline::kModels) <= kMaxParts, kBadModel,
               fmt::format("more than {} parts in a pipeline", kMaxParts));
    const auto names = pipeline.texts(proto::Pipeline::kNames);
    for (const Message& each : pipeline.messages(proto::Pipeline::kModels)) {
      const size_t index = file.parts.size();
      const std::string place = index < names.size() && !names[index].empty()
                                    ? fmt::format("part {} '{}'", index, names[index])
                                    : fmt::format("part {}", index);
      auto part = read(each);
      if (!part) return std::move(part).error().at(place);
      for (const Refusal& refusal : part->refusals) file.refusals.push_back(refusal.at(place));
      for (const std::string& note : part->notes) file.notes.push_back(fmt::format("{}: {}", place, note));
      for (const std::string& missing : part->missing_weights) {
        if (std::ranges::find(file.missing_weights, missing) == file.missing_weights.end()) {
          file.missing_weights.push_back(missing);
        }
      }
      file.weight_bytes += part->weight_bytes;
      file.parts.push_back(*std::move(part));
    }
    if (file.parts.empty()) file.notes.push_back("a pipeline without parts");
    return {};
  }

  std::shared_ptr<const void> owner_;
  const ModelSource& source_;
  const ReadOptions& options_;
};

}  // namespace

Result<ModelFile> read_model_message(const std::shared_ptr<const MappedFile>& file, const ModelSource& source,
                                     const ReadOptions& options) {
  WF_REQUIRE(!file->bytes().empty(), kBadModel, "the file is empty");
  WF_REQUIRE(!is_lfs_pointer(file->bytes()), kBadModel, "only a Git LFS pointer to the model", {},
             "fetch the files themselves: git lfs pull");
  WireErrors errors(file->bytes());
  const Message message(file->bytes(), errors);
  WF_CHECK(errors.status());
  auto model = ModelReader(file, source, options).read(message);
  WF_CHECK(errors.status());  // damage explains better than what followed from it
  return model;
}

bool looks_like_model_message(Bytes bytes) {
  constexpr auto kVersionTag = static_cast<std::byte>(proto::Model::kSpecificationVersion << 3);
  constexpr auto kDescriptionTag = static_cast<std::byte>(proto::Model::kDescription << 3 | 2);
  constexpr std::byte kLargestVersion{0x7f};  // in one byte
  return bytes.size() >= 3 && bytes[0] == kVersionTag && bytes[1] >= std::byte{1} &&
         bytes[1] <= kLargestVersion && bytes[2] == kDescriptionTag;
}

}  // namespace wf
