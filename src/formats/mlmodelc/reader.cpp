// .mlmodelc: a model as Apple's compiler leaves it, a folder of
//   coremldata.bin, metadata.json          what it is, what it takes and gives
//   model.mil, weights/                    an ML program
//   model.espresso.net, .shape, .weights   a neural network
//   model0/, model1/, ...                  the parts of a pipeline, each with files like these
// or as Windfall leaves it: model.mlmodel, the model message as it was, with its weight files beside it.
#include <fmt/format.h>

#include <algorithm>

#include "formats/espresso/lower.h"
#include "formats/format_reader.h"
#include "formats/lfs_pointer.h"
#include "formats/linked_model.h"
#include "formats/milblob/weights.h"
#include "formats/mlmodel/model_message.h"
#include "formats/mlmodel/model_type.h"
#include "formats/mlmodelc/compiled_data.h"
#include "formats/mlmodelc/compiled_trees.h"
#include "formats/mlmodelc/metadata_json.h"
#include "program/text.h"

namespace wf {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMessageName = "model.mlmodel";
constexpr int kMaxDepth = 4;          // pipelines in pipelines
constexpr uint64_t kMaxParts = 1000;  // of a pipeline

bool is_file(const fs::path& path) {
  std::error_code code;
  return fs::is_regular_file(path, code);
}

bool recognises(const fs::path& path) {
  std::error_code code;
  if (!fs::is_directory(path, code)) return false;
  return is_file(path / "coremldata.bin") || is_file(path / "model.mil") ||
         is_file(path / "model.espresso.net") || is_file(path / kMessageName);
}

// The file of the bundle, mapped; null if it is not there or only a pointer to it is.
Result<std::shared_ptr<const MappedFile>> open_in(const fs::path& root, const fs::path& folder,
                                                  std::string_view name) {
  const fs::path relative = folder.lexically_relative(root) / name;
  WF_TRY(const fs::path path, path_below(root, relative.string()));
  if (!is_file(path)) return std::shared_ptr<const MappedFile>();
  WF_TRY(auto file, MappedFile::open(path));
  if (is_lfs_pointer(file->bytes())) return std::shared_ptr<const MappedFile>();
  return file;
}

class BundleReader {
 public:
  BundleReader(fs::path root, const ReadOptions& options) : root_(std::move(root)), options_(options) {}

  Result<ModelFile> read(const fs::path& folder, int depth) {
    ModelFile file;
    file.path = folder;
    file.container = ".mlmodelc";
    WF_TRY(const auto data, read_data(folder, file));
    WF_TRY(const auto text, open_in(root_, folder, "model.mil"));
    WF_TRY(const auto net, open_in(root_, folder, "model.espresso.net"));
    if (text) {
      if (!data) file.type = "mlProgram";
      WF_CHECK(in_file("model.mil", read_program(folder, as_text(text->bytes()), file)));
    } else if (net) {
      if (!data) file.type = "neuralNetwork";
      WF_CHECK(read_network(folder, as_text(net->bytes()), data, file));
    } else {
      WF_CHECK(read_other(folder, data, depth, file));
    }
    return file;
  }

 private:
  static Status in_file(std::string_view name, Status status) {
    if (status) return status;
    return Error(std::move(status).error().in_file(name));
  }

  // coremldata.bin, or metadata.json in its place.
  Result<std::optional<CompiledData>> read_data(const fs::path& folder, ModelFile& file) {
    WF_TRY(const auto binary, open_in(root_, folder, "coremldata.bin"));
    if (binary) {
      auto data = read_compiled_data(binary->bytes());
      if (!data) return std::move(data).error().in_file("coremldata.bin");
      const auto types = model_types();
      const auto type = std::ranges::find(types, data->type, &ModelType::field);
      file.type = type == types.end() ? fmt::format("model type {}", data->type) : std::string(type->name);
      file.specification_version = data->specification_version;
      file.description = data->description;
      std::error_code code;
      file.updatable = data->updatable || fs::is_directory(folder / "updateParameters", code);
      return std::optional(*std::move(data));
    }
    file.notes.push_back("coremldata.bin is not there");
    WF_TRY(const auto metadata, open_in(root_, folder, "metadata.json"));
    if (metadata) WF_CHECK(in_file("metadata.json", read_metadata_json(as_text(metadata->bytes()), file)));
    return std::optional<CompiledData>();
  }

  Status read_program(const fs::path& folder, std::string_view text, ModelFile& file) {
    WF_TRY(Program parsed, parse_text(text));
    auto program = std::make_shared<Program>(std::move(parsed));
    WF_CHECK(verify(*program));
    // Parts of a pipeline find their weights in the bundle's own folder.
    WeightPlaces places{root_, {folder}};
    if (folder != root_) places.model_folders.push_back(root_);
    WF_CHECK(load_weights(*program, places, options_, file));
    file.program = std::move(program);
    return {};
  }

  Status read_network(const fs::path& folder, std::string_view text, const std::optional<CompiledData>& data,
                      ModelFile& file) {
    if (is_compressed_espresso(text)) {
      file.refusals.push_back({"compressed model.espresso.net", "an LZFSE decompressor"});
      return {};
    }
    WF_TRY(const auto shapes, open_in(root_, folder, "model.espresso.shape"));
    if (!shapes) return Error(ErrorCode::kBadModel, "model.espresso.shape is not there");
    WF_TRY(const EspressoNet net, parse_espresso_net(text, as_text(shapes->bytes())));
    describe_espresso(net, file);
    WF_TRY(const auto stored, open_in(root_, folder, net.storage));
    if (!stored) {
      if (!options_.allow_missing_weights) {
        return Error(ErrorCode::kWeightsMissing,
                     fmt::format("the weight file '{}' is not there", net.storage), {},
                     "get the whole model: its weights are kept in a file of their own");
      }
      file.missing_weights.push_back(net.storage);
      return {};
    }
    auto weights = EspressoWeights::from_bytes(stored->bytes(), stored);
    if (!weights) return Error(std::move(weights).error().in_file(net.storage));
    EspressoClasses classes;
    if (data) classes = {data->class_labels, data->probabilities_name};
    return in_file("model.espresso.net", lower_espresso(net, *weights, classes, file));
  }

  // Types without a program: pipelines with their parts, and what cannot run.
  Status read_other(const fs::path& folder, const std::optional<CompiledData>& data, int depth,
                    ModelFile& file) {
    if (!data) {
      return Error(ErrorCode::kBadModel, "neither coremldata.bin nor a network nor a program is there", {},
                   "a compiled model is a folder with coremldata.bin");
    }
    const auto types = model_types();
    const auto type = std::ranges::find(types, data->type, &ModelType::field);
    if (type == types.end()) {
      file.refusals.push_back({file.type, "a Windfall that knows this type"});
      return {};
    }
    if (type->kind == ModelKind::kPipeline) return read_parts(folder, *data, depth, file);
    if (type->kind == ModelKind::kClassic) return read_classic(folder, *type, *data, file);
    if (type->kind == ModelKind::kLinked && data->model_message) return read_link(folder, *type, *data, file);
    if (type->kind != ModelKind::kOther) {
      return Error(ErrorCode::kBadModel,
                   fmt::format("a {} without model.mil or model.espresso.net", type->name));
    }
    file.refusals.push_back({std::string(type->name), std::string(type->needs), type->supplier});
    return {};
  }

  // Most classical types are compiled by copying their message, trees in a form of their own.
  Status read_classic(const fs::path& folder, const ModelType& type, const CompiledData& data,
                      ModelFile& file) const {
    if (data.model_message) {
      WireErrors errors(as_bytes(*data.model_message));
      const Message message(as_bytes(*data.model_message), errors);
      auto classic = type.read(message.message(type.field), file.description.interface);
      WF_CHECK(errors.status());
      if (!classic) return std::move(classic).error().at(file.type);
      file.classic = *std::move(classic);
      return {};
    }
    if (data.trees) WF_CHECK(read_trees(folder, *data.trees, file));
    if (!file.classic) {
      file.refusals.push_back(
          {std::string(type.name), "the uncompiled model: this form of compiled trees is not known"});
    }
    return {};
  }

  Status read_trees(const fs::path& folder, const CompiledTrees& trees, ModelFile& file) const {
    WF_TRY(const auto stored, open_in(root_, folder, trees.file));
    auto params = stored ? read_compiled_trees(stored->bytes()) : std::nullopt;
    if (!params) return {};
    WF_TRY(file.classic,
           TreeEnsembleClassifier::make(*std::move(params), Keys(trees.labels.begin(), trees.labels.end())));
    return {};
  }

  Status read_link(const fs::path& folder, const ModelType& type, const CompiledData& data,
                   ModelFile& file) const {
    WireErrors errors(as_bytes(*data.model_message));
    const Message message(as_bytes(*data.model_message), errors);
    WF_CHECK(errors.status());
    // The linked file lies beside the compiled folder.
    return follow_link(message.message(type.field), folder.parent_path(), options_, file);
  }

  Status read_parts(const fs::path& folder, const CompiledData& data, int depth, ModelFile& file) {
    const uint64_t count = data.part_count.value_or(0);
    if (depth >= kMaxDepth)
      return Error(ErrorCode::kBadModel, fmt::format("pipelines nest deeper than {}", kMaxDepth));
    if (count > kMaxParts) return Error(ErrorCode::kBadModel, fmt::format("a pipeline of {} parts", count));
    for (uint64_t i = 0; i < count; ++i) {
      const std::string name = fmt::format("model{}", i);
      WF_TRY(const fs::path place, path_below(root_, (folder.lexically_relative(root_) / name).string()));
      if (!recognises(place))
        return Error(ErrorCode::kBadModel, fmt::format("part {} of {} is not there", name, count));
      auto part = read(folder / name, depth + 1);
      if (!part) return Error(std::move(part).error().at(name));
      for (const Refusal& refusal : part->refusals) {
        file.refusals.push_back(refusal.at(fmt::format("part {}", i)));
      }
      file.weight_bytes += part->weight_bytes;
      file.missing_weights.insert(file.missing_weights.end(), part->missing_weights.begin(),
                                  part->missing_weights.end());
      file.parts.push_back(*std::move(part));
    }
    return {};
  }

  fs::path root_;
  const ReadOptions& options_;
};

Result<ModelFile> read_message(const fs::path& path, const ReadOptions& options) {
  std::error_code code;
  const fs::path folder = fs::canonical(path, code);
  if (code) return Error(ErrorCode::kNotFound, "cannot resolve: " + code.message());
  WF_TRY(const fs::path message, path_below(folder, kMessageName));
  WF_TRY(const auto file, MappedFile::open(message));
  return read_model_message(file, {path, ".mlmodelc", {folder, {folder}}}, options);
}

Result<ModelFile> read(const fs::path& path, const ReadOptions& options) {
  if (is_file(path / kMessageName) && !is_file(path / "coremldata.bin")) return read_message(path, options);
  const fs::path root = path.lexically_normal();
  auto file = BundleReader(root, options).read(root, 0);
  if (file) file->path = path;
  return file;
}

}  // namespace

extern const FormatReader reader_mlmodelc;
constinit const FormatReader reader_mlmodelc{".mlmodelc",
                                             "A compiled model: Apple's (an ML program as text, or a neural "
                                             "network), or Windfall's (the message itself).",
                                             recognises, read};

}  // namespace wf
