// Writes seeds for the fuzz targets into FOLDER/TARGET/, so that no binary seeds need be kept:
//
//   make_seeds FOLDER [MODELS]
//
// One program for every sample of every operation, as .mlmodel and as MIL text; a weight file with a blob of
// every dtype; a manifest. From the small models below MODELS, if given, what our writers cannot make:
// compiled descriptions, compiled networks, neural networks, classical models.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "base/hash.h"
#include "espresso_parts.h"
#include "formats/milblob/blob_writer.h"
#include "formats/mlmodel/model_writer.h"
#include "ops/call.h"
#include "ops/sample.h"
#include "program/text.h"

namespace {

namespace fs = std::filesystem;
using namespace wf;

constexpr size_t kLargestSeed = 48 << 10;
constexpr size_t kLongestText = 4 << 10;  // of a sample's program: larger ones are tensors printed out

fs::path g_folder;

void put(std::string_view target, std::string_view content) {
  if (content.empty() || content.size() > kLargestSeed) return;
  const fs::path folder = g_folder / target;
  fs::create_directories(folder);
  const std::string name = fmt::format("{:016x}", fnv1a64(as_bytes(content)));
  std::ofstream(folder / name, std::ios::binary)
      .write(content.data(), static_cast<std::streamsize>(content.size()));
}

Constant text_constant(std::string_view text) {
  const Datum datum(*Tensor::of_strings({}, {std::string(text)}));
  return {type_of(datum), datum, {}, {}};
}

// A function that does one call with constant arguments.
std::optional<Program> program_of(const OpDef& def, std::string_view sample) {
  const auto arguments = parse_sample(sample, DType::kFloat32, 1);
  if (!arguments) return std::nullopt;
  Function function;
  function.name = "main";
  function.opset = def.since;
  Op op;
  op.type = def.name;
  op.attributes.push_back({"name", text_constant("call")});
  for (const SampleArgument& argument : *arguments) {
    Argument bound{argument.name, {}};
    for (const Datum& value : argument.values)
      bound.bindings.emplace_back(Constant{type_of(value), value, {}, {}});
    op.inputs.push_back(std::move(bound));
  }
  std::ranges::sort(op.inputs, {}, &Argument::name);
  const auto call = make_call(
      op, def.since, [](ValueId) -> const ValueType* { return nullptr; },
      [](ValueId) -> const Datum* { return nullptr; });
  if (!call) return std::nullopt;
  auto types = infer_types(*call);
  if (!types) return std::nullopt;
  for (size_t i = 0; i < types->size(); ++i) {
    op.outputs.push_back(function.add_value(fmt::format("y{}", i), std::move((*types)[i])));
  }
  function.body.outputs = op.outputs;
  function.body.ops.push_back(std::move(op));
  Program program;
  program.functions.push_back(std::move(function));
  return program;
}

void from_operations() {
  for (const OpDef* def : all_ops()) {
    for (const std::string_view sample : def->samples) {
      auto program = program_of(*def, sample);
      if (!program) continue;
      const std::string text = print_text(*program);
      if (text.size() > kLongestText) continue;
      put("mil_text", text);
      ModelFile file;
      file.type = "mlProgram";
      file.specification_version = 9;
      for (const ValueId id : program->functions[0].body.outputs) {
        Feature feature;
        feature.name = program->functions[0].value(id).name;
        feature.type = ArrayFeature{};
        file.description.interface.outputs.push_back(std::move(feature));
      }
      file.program = std::make_shared<const Program>(*std::move(program));
      if (const auto message = write_model_message(file, {})) put("model", message->text());
    }
  }
}

void from_dtypes() {
  const fs::path path = g_folder / "weight.bin";
  for (int i = 0; i < kDTypeCount; ++i) {
    const auto dtype = static_cast<DType>(i);
    if (!BlobWriter::can_store(dtype)) continue;
    auto writer = BlobWriter::create(path);
    const auto tensor = Tensor::allocate(dtype, {3, 5});
    if (!writer || !tensor || !writer->append(*tensor) || !writer->finish()) continue;
    if (const auto text = read_text_file(path)) put("blob", *text);
  }
  fs::remove(path);
}

std::string text_of(const fs::path& path) {
  std::error_code code;
  if (!fs::is_regular_file(path, code) || fs::file_size(path, code) > kLargestSeed) return {};
  auto text = read_text_file(path);
  return text ? *std::move(text) : std::string();
}

void from_models(const fs::path& models) {
  for (const auto& entry : fs::recursive_directory_iterator(models)) {
    const std::string name = entry.path().filename();
    if (entry.path().extension() == ".mlmodel") put("model", text_of(entry.path()));
    if (name == "model.mil") put("mil_text", text_of(entry.path()));
    if (name == "coremldata.bin") put("coremldata", text_of(entry.path()));
    if (name == "metadata.json") put("metadata_json", text_of(entry.path()));
    if (name == "Manifest.json") put("manifest", text_of(entry.path()));
    if (name != "model.espresso.net") continue;
    const fs::path folder = entry.path().parent_path();
    put("espresso", fuzz::join_espresso({text_of(entry.path()), text_of(folder / "model.espresso.shape"),
                                         text_of(folder / "model.espresso.weights")}));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: make_seeds FOLDER [MODELS]\n");
    return 2;
  }
  g_folder = argv[1];
  fs::create_directories(g_folder);
  from_operations();
  from_dtypes();
  if (argc > 2 && fs::is_directory(argv[2])) from_models(argv[2]);
  for (const auto& target : fs::directory_iterator(g_folder)) {
    fmt::print("{}: {} seeds\n", target.path().filename().string(),
               std::distance(fs::directory_iterator(target.path()), fs::directory_iterator()));
  }
  return 0;
}
