#include <filesystem>
#include <map>
#include <random>

#include "base/endian.h"
#include "engine/reference/interpreter.h"
#include "formats/mlmodelc/compiled_data.h"
#include "formats/mlmodelc/metadata_json.h"
#include "formats/model_file.h"
#include "program/text.h"
#include "support/support.h"
#include "tensor/npy.h"

namespace wf::test {
namespace {

namespace fs = std::filesystem;

void append_text(std::string& out, std::string_view text) {
  append_little<uint64_t>(out, text.size());
  out += text;
}

// A ModelDescription message with one input: { input: { name: "x", type: { doubleType: {} } } }
const std::string kDescription("\x0a\x07\x0a\x01x\x1a\x02\x12\x00", 9);

std::string header(uint32_t type, std::string_view kind, uint32_t specification) {
  std::string out;
  append_little<uint32_t>(out, type);
  append_little<uint32_t>(out, 1);
  out += std::string(20, '\0');
  append_text(out, kind);
  append_little<uint32_t>(out, specification);
  return out + std::string(28, '\0');
}

std::string program_data() {
  std::string out = header(502, "generic", 7);
  append_text(out, kDescription);
  append_little<uint32_t>(out, 502);
  return out + std::string(12, '\0');
}

std::string classifier_data() {
  std::string out = header(403, "generic", 1);
  append_text(out, kDescription);
  append_little<uint32_t>(out, 403);
  append_little<uint32_t>(out, 0);
  append_little<uint64_t>(out, 100);
  append_little<uint64_t>(out, 2);
  append_text(out, "cat");
  append_text(out, "dog");
  append_text(out, "probabilities");
  return out;
}

constexpr const char* kProgram =
    "program(1.0)\n{\n    func main<ios16>(tensor<fp32, [2]> x) {\n"
    "            tensor<fp32, [2]> y = add(x = x, y = x)[name = tensor<string, []>(\"y\")];\n        } -> "
    "(y);\n}";

// A bundle in a scratch folder.
fs::path bundle(const std::string& name, const std::map<std::string, std::string>& files) {
  const fs::path root = scratch_folder("mlmodelc_" + name) / "m.mlmodelc";
  for (const auto& [file, content] : files) {
    fs::create_directories((root / file).parent_path());
    EXPECT_TRUE(write_file(root / file, content).ok());
  }
  return root;
}

std::string error_of(const fs::path& path) {
  const auto file = read_model_file(path);
  EXPECT_FALSE(file.ok());
  return file ? std::string() : file.error().to_string();
}

TEST(CompiledData, Program) {
  WF_ASSERT_OK_AND_ASSIGN(const CompiledData data, read_compiled_data(as_bytes(program_data())));
  EXPECT_EQ(data.type, 502u);
  EXPECT_EQ(data.specification_version, 7);
  ASSERT_EQ(data.description.interface.inputs.size(), 1u);
  EXPECT_EQ(data.description.interface.inputs[0].name, "x");
}

TEST(CompiledData, ClassLabels) {
  WF_ASSERT_OK_AND_ASSIGN(const CompiledData data, read_compiled_data(as_bytes(classifier_data())));
  ASSERT_EQ(data.class_labels.items.size(), 2u);
  EXPECT_EQ(data.class_labels.items[1].tensor()->strings()[0], "dog");
  EXPECT_EQ(data.probabilities_name, "probabilities");
}

TEST(CompiledData, LayoutOf2017AndWholeModels) {
  // The first kind is empty, the second one tells: the rest is { specificationVersion: 4, description: ...,
  // isUpdatable: 1 }.
  std::string out = header(602, "", 1);
  out.resize(out.size() - 8);
  append_text(out, "spec");
  out += "\x08\x04\x12\x09" + kDescription + "\x50\x01";
  WF_ASSERT_OK_AND_ASSIGN(const CompiledData data, read_compiled_data(as_bytes(out)));
  EXPECT_EQ(data.specification_version, 4);
  EXPECT_TRUE(data.updatable);
  EXPECT_EQ(data.description.interface.inputs[0].name, "x");
}

TEST(CompiledData, Damage) {
  const std::string good = classifier_data();
  for (size_t length = 0; length < good.size(); ++length) {
    EXPECT_FALSE(read_compiled_data(as_bytes(std::string_view(good).substr(0, length))).ok()) << length;
  }
  EXPECT_NE(read_compiled_data(as_bytes(header(502, "other", 7))).error().message.find("kind 'other'"),
            std::string::npos);
  std::mt19937 random(3);
  for (int round = 0; round < 5000; ++round) {
    std::string damaged = round % 2 ? good : program_data();
    for (int i = 0; i < 4; ++i) damaged[random() % damaged.size()] = static_cast<char>(random());
    (void)read_compiled_data(as_bytes(damaged));
  }
}

TEST(Mlmodelc, ReadsAProgramAndRunsIt) {
  const fs::path path = bundle("program", {{"coremldata.bin", program_data()}, {"model.mil", kProgram}});
  WF_ASSERT_OK_AND_ASSIGN(const ModelFile file, read_model_file(path));
  EXPECT_EQ(file.container, ".mlmodelc");
  EXPECT_EQ(file.type, "mlProgram");
  EXPECT_EQ(file.specification_version, 7);
  WF_ASSERT_OK_AND_ASSIGN(const auto function, ReferenceFunction::prepare(file.program, ""));
  const std::vector<Datum> inputs = {f32({2}, {1, 2})};
  WF_ASSERT_OK_AND_ASSIGN(const auto outputs, function->run(inputs, {}));
  expect_near(*outputs[0].tensor(), {2}, {2, 4});
}

TEST(Mlmodelc, MetadataStandsInForMissingData) {
  const std::string metadata = R"([{"specificationVersion": 7, "author": "me",
    "inputSchema": [{"name": "x", "type": "MultiArray", "dataType": "Float32", "shape": "[2]", "shapeRange": "[[1, 4]]", "isOptional": "0"},
                    {"name": "i", "type": "Image", "width": "4", "height": "3", "colorspace": "BGR", "isColor": "1"}],
    "outputSchema": [{"name": "y", "type": "MultiArray", "dataType": "Float16", "shape": "[]"}]}])";
  WF_ASSERT_OK_AND_ASSIGN(
      const ModelFile file,
      read_model_file(bundle("metadata", {{"metadata.json", metadata}, {"model.mil", kProgram}})));
  EXPECT_EQ(file.specification_version, 7);
  const Interface& interface = file.description.interface;
  ASSERT_EQ(interface.inputs.size(), 2u);
  EXPECT_EQ(interface.inputs[0].array()->ranges, (std::vector<SizeRange>{{1, 4}}));
  EXPECT_EQ(interface.inputs[1].image()->layout, ColorLayout::kBgr);
  EXPECT_EQ(interface.outputs[0].array()->dtype, DType::kFloat16);
  EXPECT_EQ(file.description.metadata.author, "me");
  ModelFile other;
  EXPECT_FALSE(read_metadata_json("{}", other).ok());
}

TEST(Mlmodelc, NamesWhatIsWrong) {
  EXPECT_NE(
      error_of(bundle("text", {{"coremldata.bin", program_data()}, {"model.mil", "program(1.0) { oops"}}))
          .find("model.mil: line 1, column 16"),
      std::string::npos);
  EXPECT_NE(error_of(bundle("data", {{"coremldata.bin", "short"}})).find("coremldata.bin"),
            std::string::npos);
  EXPECT_NE(error_of(bundle("nothing", {{"coremldata.bin", program_data()}})).find("without model.mil"),
            std::string::npos);
  std::string escaping = kProgram;
  escaping.replace(
      escaping.find("y = x"), 5,
      "y = tensor<fp32, [2]>(BLOBFILE(path = string(\"@model_path/../../secret\"), offset = uint64(64)))");
  EXPECT_NE(error_of(bundle("escape", {{"coremldata.bin", program_data()}, {"model.mil", escaping}}))
                .find("leaves the model's folder"),
            std::string::npos);
}

TEST(Mlmodelc, MissingWeightsAreToldOrAllowed) {
  std::string text = kProgram;
  text.replace(text.find("y = x"), 5,
               "y = tensor<fp32, [2]>(BLOBFILE(path = string(\"@model_path/weights/weight.bin\"), offset = "
               "uint64(64)))");
  const fs::path path = bundle("weights", {{"coremldata.bin", program_data()}, {"model.mil", text}});
  EXPECT_EQ(read_model_file(path).error().code, ErrorCode::kWeightsMissing);
  WF_ASSERT_OK_AND_ASSIGN(const ModelFile file, read_model_file(path, {.allow_missing_weights = true}));
  EXPECT_EQ(file.missing_weights, (std::vector<std::string>{"@model_path/weights/weight.bin"}));
  EXPECT_NE(file.program, nullptr);
}

TEST(Mlmodelc, CompressedNetworksAreRefusedByName) {
  WF_ASSERT_OK_AND_ASSIGN(const ModelFile file,
                          read_model_file(bundle("lzfse", {{"model.espresso.net", "pbze\x01"}})));
  EXPECT_EQ(file.program, nullptr);
  EXPECT_NE(refusal_text(file).find("LZFSE"), std::string::npos);
}

TEST(Mlmodelc, PipelinesListTheirParts) {
  std::string pipeline = header(201, "generic.model0v1.0.0spec", 1);
  append_text(pipeline, kDescription);
  append_little<uint64_t>(pipeline, 1);
  append_little<uint32_t>(pipeline, 201);
  append_little<uint32_t>(pipeline, 0);
  std::string part = header(602, "spec", 1) + "\x08\x01\x12\x09" + kDescription;
  WF_ASSERT_OK_AND_ASSIGN(
      const ModelFile file,
      read_model_file(bundle("pipeline", {{"coremldata.bin", pipeline}, {"model0/coremldata.bin", part}})));
  EXPECT_EQ(file.type, "pipelineRegressor");
  ASSERT_EQ(file.parts.size(), 1u);
  EXPECT_EQ(file.parts[0].type, "featureVectorizer");
  EXPECT_NE(file.parts[0].classic, nullptr);
  EXPECT_TRUE(can_run(file));
  EXPECT_NE(error_of(bundle("part", {{"coremldata.bin", pipeline}})).find("part model0 of 1 is not there"),
            std::string::npos);
}

// Every compiled model of the corpus: its type and the types of its parts, as its makers and its twins tell.
TEST(Mlmodelc, CorpusBundlesAreRead) {
  if (corpus_folder().empty()) GTEST_SKIP() << "no corpus beside the project";
  struct Expected {
    std::string folder, type;
    int64_t specification;
    std::vector<std::string> parts;
    bool runs;
  };
  const Expected expected[] = {
      {"add-model-mlmodelc", "mlProgram", 7, {}, true},
      {"basic-pitch-mlmodelc", "mlProgram", 6, {}, true},
      {"waifu2x-anime-noise1-mlmodelc", "neuralNetwork", 1, {}, true},
      {"waifu2x-up-photo-mlmodelc", "neuralNetwork", 1, {}, true},
      {"s4tf-retrained-mlmodelc", "neuralNetwork", 4, {}, true},
      {"mars-habitat-mlmodelc", "pipelineRegressor", 1, {"featureVectorizer", "glmRegressor"}, true},
      {"boston-pricer-mlmodelc", "pipelineRegressor", 1, {"featureVectorizer", "glmRegressor"}, true},
      {"wisconsin-mlmodelc", "pipelineClassifier", 1, {"featureVectorizer", "treeEnsembleClassifier"}, true},
      {"customclutter-mlmodelc", "pipelineClassifier", 3, {"visionFeaturePrint", "glmClassifier"}, false},
      {"structure-only/yolov8n-fp32-mlmodelc", "mlProgram", 6, {}, true},
      {"structure-only/yolov8n-face-mlmodelc", "mlProgram", 6, {}, true},
      {"structure-only/quickdraw-mlmodelc", "neuralNetworkClassifier", 1, {}, false},
      {"structure-only/small-unet-mlmodelc", "neuralNetwork", 1, {}, false},
      {"structure-only/inceptionv3-mlmodelc", "neuralNetwork", 0, {}, false},
      {"structure-only/vgg16-mlmodelc", "neuralNetwork", 0, {}, false},
  };
  for (const Expected& each : expected) {
    for (const auto& entry : fs::directory_iterator(corpus_folder() / each.folder)) {
      if (entry.path().extension() != ".mlmodelc") continue;
      const bool whole = !each.folder.starts_with("structure-only");
      WF_ASSERT_OK_AND_ASSIGN(const ModelFile file,
                              read_model_file(entry.path(), {.allow_missing_weights = !whole}));
      EXPECT_EQ(file.type, each.type) << each.folder;
      EXPECT_EQ(file.specification_version, each.specification) << each.folder;
      EXPECT_EQ(file.program != nullptr || can_run(file), each.runs) << each.folder << refusal_text(file);
      EXPECT_EQ(file.missing_weights.empty(), whole) << each.folder;
      std::vector<std::string> parts;
      for (const ModelFile& part : file.parts) parts.push_back(part.type);
      EXPECT_EQ(parts, each.parts) << each.folder;
      EXPECT_FALSE(file.description.interface.inputs.empty()) << each.folder;
      EXPECT_FALSE(file.description.interface.outputs.empty()) << each.folder;
      if (whole) continue;
      EXPECT_EQ(read_model_file(entry.path()).error().code, ErrorCode::kWeightsMissing) << each.folder;
    }
  }
}

// The compiled form of a network must compute what its golden says.
TEST(Mlmodelc, CorpusGoldensOfEspressoNetworks) {
  if (corpus_folder().empty()) GTEST_SKIP() << "no corpus beside the project";
  const std::pair<const char*, const char*> bundles[] = {
      {"waifu2x-anime-noise1-mlmodelc", "anime_noise1_model.mlmodelc"},
      {"waifu2x-up-photo-mlmodelc", "up_photo_scale2x_model.mlmodelc"}};
  for (const auto& [folder, name] : bundles) {
    const fs::path root = corpus_folder() / folder;
    WF_ASSERT_OK_AND_ASSIGN(const ModelFile file, read_model_file(root / name));
    WF_ASSERT_OK_AND_ASSIGN(const auto function, ReferenceFunction::prepare(file.program, ""));
    WF_ASSERT_OK_AND_ASSIGN(const Tensor input, read_npy(root / "golden" / "case0.in.input.npy"));
    WF_ASSERT_OK_AND_ASSIGN(const Tensor golden, read_npy(root / "golden" / "case0.out.conv7.npy"));
    const std::vector<Datum> inputs = {input};
    WF_ASSERT_OK_AND_ASSIGN(const auto outputs, function->run(inputs, {}));
    const Tensor& output = *outputs[0].tensor();
    ASSERT_EQ(output.shape(), golden.shape());
    double scale = 0, worst = 0;
    for (int64_t i = 0; i < golden.size(); ++i) {
      scale = std::max(scale, std::abs(read_double(golden, i)));
      worst = std::max(worst, std::abs(read_double(golden, i) - read_double(output, i)));
    }
    EXPECT_LE(worst, 1e-4 * scale) << folder;
  }
}

// The retrained line of the twin's authors: y = w x + b with the numbers seen in the file.
TEST(Mlmodelc, CorpusUpdatableNetworkRuns) {
  if (corpus_folder().empty()) GTEST_SKIP() << "no corpus beside the project";
  const auto path = corpus_folder() / "s4tf-retrained-mlmodelc" / "s4tf_model_retrained.mlmodelc";
  WF_ASSERT_OK_AND_ASSIGN(const ModelFile file, read_model_file(path));
  EXPECT_TRUE(file.updatable);
  WF_ASSERT_OK_AND_ASSIGN(const auto function, ReferenceFunction::prepare(file.program, ""));
  const std::vector<Datum> inputs = {f32({1}, {3})};
  WF_ASSERT_OK_AND_ASSIGN(const auto outputs, function->run(inputs, {}));
  expect_near(*outputs[0].tensor(), {1}, {3.0});
}

// One network, compiled and as a package: the same operations, but for casts and constants that the compiler
// moved.
TEST(Mlmodelc, CorpusTwinsHaveTheSameOperations) {
  if (corpus_folder().empty()) GTEST_SKIP() << "no corpus beside the project";
  const auto operations = [](const fs::path& path) {
    std::map<std::string, int> counts;
    const auto file = read_model_file(path);
    EXPECT_TRUE(file.ok()) << file.error().to_string();
    if (!file) return counts;
    for_each_op(file->program->find("main")->body, [&](const Op& op, int) {
      if (op.type != "const" && op.type != "cast") ++counts[op.type];
    });
    return counts;
  };
  const auto compiled = operations(corpus_folder() / "basic-pitch-mlmodelc" / "nmp.mlmodelc");
  EXPECT_EQ(compiled.at("conv"), 32);
  EXPECT_EQ(compiled, operations(corpus_folder() / "basic-pitch-mlpackage" / "nmp.mlpackage"));
}

}  // namespace
}  // namespace wf::test
