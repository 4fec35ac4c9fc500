#include <algorithm>
#include <set>

#include "formats/mlmodel/model_type.h"
#include "formats/save.h"
#include "formats/small_models.h"
#include "formats/wire/writer.h"
#include "proto/model.h"
#include "support/damage.h"

namespace wf::test {
namespace {

std::string fixture() {
  // Made by tests/python/make_every_feature.py with coremltools; the numbers below are those of that script.
  auto text = read_text_file(source_folder() / "tests/formats/data/every_feature.mlmodel");
  EXPECT_TRUE(text.ok());
  return *text;
}

TEST(Mlmodel, DescriptionsOfEveryKind) {
  WF_ASSERT_OK_AND_ASSIGN(const ModelFile file, read_bytes(fixture()));
  EXPECT_EQ(file.type, "mlProgram");
  EXPECT_EQ(file.specification_version, 6);
  EXPECT_TRUE(file.updatable);
  const Interface& interface = file.description.interface;
  std::vector<std::string> inputs;
  for (const Feature& feature : interface.inputs) inputs.push_back(feature.name + ": " + to_string(feature));
  const std::vector<std::string> expected = {
      "x: MultiArray (Float32 1 x 4)",
      "int64: Int64",
      "double: Double, optional",
      "string: String",
      "gray: Image (GRAYSCALE 5 x 7)",
      "rgb: Image (RGB 5 x 7)",
      "bgr: Image (BGR 5 x 7)",
      "gray16: Image (GRAYSCALE_FLOAT16 5 x 7), or 3 x 4",
      "image_range: Image (RGB 5 x 7), range 1.. x 2..9",
      "f32: MultiArray (Float32 2 x 3), default 0.10000000149011612, optional",
      "f64: MultiArray (Double 2 x 3), default 0.1, optional",
      "i32: MultiArray (Int32 2 x 3), default -7, optional",
      "i8: MultiArray (Int8 2 x 3), range 1.. x 3, optional",
      "f16: MultiArray (Float16 2 x 3), one of [2, 3] [4, 5], optional",
      "int64_keys: Dictionary (Int64 -> Double)",
      "string_keys: Dictionary (String -> Double)",
      "int64_sequence: Sequence (Int64, length 1..)",
      "string_sequence: Sequence (String, length 0..5)",
  };
  EXPECT_EQ(inputs, expected);
  EXPECT_EQ(interface.inputs[1].doc, "about int64");
  ASSERT_EQ(interface.states.size(), 1u);
  EXPECT_EQ(to_string(interface.states[0]), "State (Float16 4)");
  EXPECT_EQ(interface.predicted_feature_name, "label");
  EXPECT_EQ(interface.predicted_probabilities_name, "scores");
  ASSERT_EQ(file.description.functions.size(), 1u);
  EXPECT_EQ(file.description.functions[0].first, "other");
  EXPECT_EQ(file.description.functions[0].second.predicted_feature_name, "p");
  EXPECT_EQ(file.description.functions[0].second.predicted_probabilities_name, "q");
  EXPECT_EQ(file.description.default_function, "other");
  ASSERT_EQ(file.description.training_inputs.size(), 1u);
  EXPECT_EQ(file.description.training_inputs[0].name, "truth");
  const Metadata metadata{"short", "1.2", "Å", "free", {{"key", "value"}}};
  EXPECT_EQ(file.description.metadata, metadata);
}

TEST(Mlmodel, LiteralsOfEveryKind) {
  WF_ASSERT_OK_AND_ASSIGN(const ModelFile file, read_bytes(fixture()));
  const Function& function = file.program->functions[0];
  const auto literal = [&](std::string_view name) -> const Constant& {
    return std::ranges::find(function.attributes, name, &NamedConstant::name)->value;
  };
  const auto expect = [&](std::string_view name, DType dtype, const Shape& shape,
                          const std::vector<double>& values) {
    SCOPED_TRACE(name);
    const Tensor* tensor = literal(name).data.tensor();
    ASSERT_NE(tensor, nullptr);
    EXPECT_EQ(tensor->dtype(), dtype);
    expect_near(*tensor, shape, values, 0);
  };
  expect("fp64", DType::kFloat64, {2}, {0.1, INFINITY});
  expect("fp32", DType::kFloat32, {2, 1}, {0.5, -2});
  expect("fp16", DType::kFloat16, {2}, {1, -2});
  expect("bf16", DType::kBFloat16, {1}, {1});
  expect("int32", DType::kInt32, {2}, {-2147483648.0, 5});
  expect("int16", DType::kInt16, {2}, {-5, 5});
  expect("uint16", DType::kUInt16, {1}, {65535});
  expect("int8", DType::kInt8, {2}, {-1, 1});
  expect("uint32", DType::kUInt32, {1}, {4294967295.0});
  expect("int4", DType::kInt4, {3}, {-1, 1, -8});
  expect("uint3", DType::kUInt3, {3}, {0, 1, 2});
  expect("bool", DType::kBool, {3}, {1, 0, 1});
  expect("empty", DType::kInt32, {0}, {});
  EXPECT_EQ(read_ints(*literal("int64").data.tensor()), (std::vector<int64_t>{-1, int64_t{1} << 62}));
  EXPECT_EQ(read_ints(*literal("uint64").data.tensor()), (std::vector<int64_t>{-1}));  // all bits set
  EXPECT_EQ(literal("string").data.tensor()->strings(), (std::vector<std::string>{"", "ü"}));
  EXPECT_EQ(literal("bool").doc, "documented");
  EXPECT_EQ(to_string(literal("tuple").type), "tuple<tensor<int32, []>, tensor<int32, []>>");
  expect_near(*literal("tuple").data.tuple()->items[1].tensor(), {}, {1}, 0);
  EXPECT_EQ(literal("dict").data.dict()->items[0].first.tensor()->strings()[0], "k");
  expect_near(*literal("dict").data.dict()->items[0].second.tensor(), {2}, {1, 2}, 0);
  EXPECT_EQ(to_string(literal("list").type), "list<tensor<fp32, [2]>, 1>");
  expect_near(*literal("list").data.list()->items[0].tensor(), {2}, {3, 4}, 0);
  EXPECT_EQ(file.program->doc, "a program");
}

TEST(Mlmodel, BlocksOfACond) {
  WF_ASSERT_OK_AND_ASSIGN(const ModelFile file, read_bytes(fixture()));
  const auto& ops = file.program->functions[0].body.ops;
  const auto cond = std::ranges::find(ops, "cond", &Op::type);
  ASSERT_NE(cond, ops.end());
  ASSERT_EQ(cond->blocks.size(), 2u);
  EXPECT_EQ(cond->blocks[0].ops.back().type, "add");
  EXPECT_EQ(cond->blocks[1].ops.back().type, "mul");
}

// What protobuf's own library wrote comes back from our reader and writer byte for byte.
TEST(Mlmodel, WritesWhatProtobufWrites) {
  WF_ASSERT_OK_AND_ASSIGN(const ModelFile file, read_bytes(fixture()));
  const auto path = scratch_folder("mlmodel_save") / "again.mlmodel";
  WF_ASSERT_OK(save_mlmodel(file, path));
  WF_ASSERT_OK_AND_ASSIGN(const std::string written, read_text_file(path));
  EXPECT_TRUE(written == fixture());
}

TEST(Mlmodel, DamageIsAnErrorOrAModel) {
  for_each_damage(fixture(), 1000, [](const std::string& damaged) {
    const auto file = read_bytes(damaged);
    EXPECT_TRUE(file || !file.error().message.empty());
  });
}

TEST(Mlmodel, IsRecognisedByItsFirstBytes) {
  const auto path = scratch_folder("mlmodel_name") / "no_extension";
  WF_ASSERT_OK(write_file(path, fixture()));
  EXPECT_TRUE(read_model_file(path).ok());
  WF_ASSERT_OK(write_file(path, std::string("something else")));
  EXPECT_FALSE(read_model_file(path).ok());
}

TEST(Mlmodel, NamesWhatIsWrongWithTheFile) {
  EXPECT_EQ(failure_of(read_bytes("")), "the file is empty");
  EXPECT_EQ(failure_of(read_bytes("version https://git-lfs.github.com/spec/v1\n")),
            "only a Git LFS pointer to the model");
  EXPECT_EQ(failure_of(read_bytes("\x08\x06")),
            "the Model message holds no model: none of its types is present");
  EXPECT_EQ(failure_of(read_bytes("\x08")), "byte 0: damaged protobuf: a number is cut off");
}

std::string broken_program(const std::function<void(Function&)>& damage) {
  Program program = small_program();
  damage(program.functions[0]);
  return failure_of(read_bytes(message_of(std::move(program))));
}

Constant& weight(Function& f) { return f.body.ops[0].attributes[1].value; }

TEST(Mlmodel, NamesWhatIsWrongWithTheProgram) {
  EXPECT_EQ(broken_program([](Function&) {}), "no error");
  EXPECT_EQ(
      broken_program([](Function& f) { std::swap(f.body.ops[0], f.body.ops[1]); }),
      "function main: add 'sum': argument 'y': 'w' is used, but no value of that name is defined before and "
      "visible here");
  EXPECT_EQ(broken_program([](Function& f) { f.body.ops[2].outputs = f.body.ops[1].outputs; }),
            "function main: relu: value 'y' is defined twice");
  EXPECT_EQ(broken_program([](Function& f) { f.inputs.push_back(f.inputs[0]); }),
            "function main: value 'x' is defined twice");
  EXPECT_EQ(broken_program([](Function& f) { f.body.ops[1].inputs.push_back(f.body.ops[1].inputs[0]); }),
            "function main: add 'sum': argument 'x' is given twice");
  EXPECT_EQ(broken_program([](Function& f) { f.body.ops[0].attributes.pop_back(); }),
            "function main: const 'w': a const without its attribute 'val'");
  EXPECT_EQ(
      broken_program([](Function& f) { f.body.ops[1].inputs[0].bindings = {ValueId{3}}; }),
      "function main: add 'sum': argument 'x': 'z' is used, but no value of that name is defined before and "
      "visible here");
  EXPECT_EQ(broken_program([](Function& f) { f.body.ops[1].type = ""; }),
            "function main: an operation without a type");
}

TEST(Mlmodel, LiteralsHoldAsMuchAsTheyDeclare) {
  const auto declared = [](ValueType type) {
    return broken_program([&](Function& f) { weight(f).type = std::move(type); });
  };
  const std::string place = "function main: const: attribute 'val': ";
  EXPECT_EQ(declared(tensor_type(DType::kFloat32, {17})),
            place + "a literal of type tensor<fp32, [17]> holds 16 elements");
  EXPECT_EQ(declared(tensor_type(DType::kFloat32, {int64_t{1} << 40})),
            place + "a literal of type tensor<fp32, [1099511627776]> holds 16 elements");
  EXPECT_EQ(declared(tensor_type(DType::kFloat32, {int64_t{1} << 40, int64_t{1} << 40})),
            place + "shape [1099511627776, 1099511627776] has more elements than fit");
  EXPECT_EQ(declared(tensor_type(DType::kInt32, {16})),
            place + "a literal of type tensor<int32, [16]> is written as fp32 numbers");
  EXPECT_EQ(declared(tensor_type(DType::kString, {16})),
            place + "a literal of type tensor<string, [16]> is written as fp32 numbers");
  EXPECT_EQ(declared(ListType{std::make_shared<const ValueType>(tensor_type(DType::kFloat32, {})), 16}),
            place + "the literal is not of its declared type list<tensor<fp32, []>, 16>");
  // A size that is left open follows from the elements.
  EXPECT_EQ(declared(tensor_type(DType::kFloat32, {4, kUnknownSize})), "no error");
  EXPECT_EQ(declared(tensor_type(DType::kFloat32, {5, kUnknownSize})),
            place + "a literal of type tensor<fp32, [5, ?]> holds 16 elements");
}

// Found by fuzzing: an operation that infers from open sizes takes them for sizes yet to come.
TEST(Mlmodel, LiteralsAreAsLargeAsTheirElements) {
  Program program = small_program();
  weight(program.functions[0]).type = TensorType{DType::kFloat32, std::nullopt};
  const auto file = read_bytes(message_of(std::move(program)));
  ASSERT_TRUE(file.ok()) << file.error().to_string();
  const Op& constant = file->program->functions[0].body.ops[0];
  EXPECT_EQ(constant.attributes[1].value.type, tensor_type(DType::kFloat32, {16}));
}

TEST(Mlmodel, DepthEnds) {
  const auto nested = broken_program([](Function& f) {
    ValueType type = tensor_type(DType::kFloat32, {});
    for (int i = 0; i < 200; ++i) type = ListType{std::make_shared<const ValueType>(std::move(type)), 1};
    f.value(f.inputs[0]).type = type;
  });
  EXPECT_NE(nested.find("messages are nested more than 100 deep"), std::string::npos) << nested;
}

TEST(Mlmodel, TheOpsetChoosesTheBody) {
  std::string message = message_of(small_program());
  const size_t opset = message.find("CoreML7");
  ASSERT_NE(opset, std::string::npos);
  std::string unknown = message;
  unknown[opset + 6] = '1';
  const auto file = read_bytes(unknown);
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(file.error().code, ErrorCode::kUnsupported);
  std::string other = message;
  other[opset + 6] = '8';
  EXPECT_EQ(failure_of(read_bytes(other)),
            "function main: no body for its opset CoreML8, there is one for: CoreML7");
}

TEST(Mlmodel, BlobsWithoutAFileAreMissingWeights) {
  ModelFile model = model_of(small_program());
  const auto& constant = model.program->functions[0].body.ops[0].attributes[1].value;
  const BlobRefs blobs = {{&constant, {"@model_path/weights/weight.bin", 64}}};
  WF_ASSERT_OK_AND_ASSIGN(const WireWriter message, write_model_message(model, blobs));
  const auto strict = read_bytes(std::string(message.text()));
  ASSERT_FALSE(strict.ok());
  EXPECT_EQ(strict.error().code, ErrorCode::kWeightsMissing);
  WF_ASSERT_OK_AND_ASSIGN(const ModelFile open,
                          read_bytes(std::string(message.text()), {.allow_missing_weights = true}));
  EXPECT_EQ(open.missing_weights, (std::vector<std::string>{"@model_path/weights/weight.bin"}));
  EXPECT_EQ(open.weight_bytes, 64u);  // 16 floats
}

// The alternatives of the Model message as the format numbers them.
TEST(ModelTypes, AreAllKnown) {
  const std::vector<std::pair<uint32_t, std::string_view>> expected = {{200, "pipelineClassifier"},
                                                                       {201, "pipelineRegressor"},
                                                                       {202, "pipeline"},
                                                                       {300, "glmRegressor"},
                                                                       {301, "supportVectorRegressor"},
                                                                       {302, "treeEnsembleRegressor"},
                                                                       {303, "neuralNetworkRegressor"},
                                                                       {304, "bayesianProbitRegressor"},
                                                                       {400, "glmClassifier"},
                                                                       {401, "supportVectorClassifier"},
                                                                       {402, "treeEnsembleClassifier"},
                                                                       {403, "neuralNetworkClassifier"},
                                                                       {404, "kNearestNeighborsClassifier"},
                                                                       {500, "neuralNetwork"},
                                                                       {501, "itemSimilarityRecommender"},
                                                                       {502, "mlProgram"},
                                                                       {555, "customModel"},
                                                                       {556, "linkedModel"},
                                                                       {560, "classConfidenceThresholding"},
                                                                       {600, "oneHotEncoder"},
                                                                       {601, "imputer"},
                                                                       {602, "featureVectorizer"},
                                                                       {603, "dictVectorizer"},
                                                                       {604, "scaler"},
                                                                       {606, "categoricalMapping"},
                                                                       {607, "normalizer"},
                                                                       {609, "arrayFeatureExtractor"},
                                                                       {610, "nonMaximumSuppression"},
                                                                       {900, "identity"},
                                                                       {2000, "textClassifier"},
                                                                       {2001, "wordTagger"},
                                                                       {2002, "visionFeaturePrint"},
                                                                       {2003, "soundAnalysisPreprocessing"},
                                                                       {2004, "gazetteer"},
                                                                       {2005, "wordEmbedding"},
                                                                       {2006, "audioFeaturePrint"},
                                                                       {3000, "serializedModel"}};
  std::vector<std::pair<uint32_t, std::string_view>> known;
  for (const ModelType& type : model_types()) known.emplace_back(type.field, type.name);
  std::ranges::sort(known);
  EXPECT_EQ(known, expected);
}

std::string model_with_type(uint32_t field) {
  WireWriter out;
  out.put_int(proto::Model::kSpecificationVersion, 4);
  out.add_message(proto::Model::kDescription, [&] {
    out.add_message(proto::ModelDescription::kInput,
                    [&] { out.put_text(proto::FeatureDescription::kName, "in"); });
  });
  out.add_message(field, [] {});
  return std::string(out.text());
}

TEST(ModelTypes, WhatCannotRunIsRefusedByNameAndStillDescribed) {
  for (const ModelType& type : model_types()) {
    if (type.kind != ModelKind::kOther) continue;
    SCOPED_TRACE(type.name);
    WF_ASSERT_OK_AND_ASSIGN(const ModelFile file, read_bytes(model_with_type(type.field)));
    EXPECT_EQ(file.type, type.name);
    EXPECT_EQ(file.program, nullptr);
    ASSERT_EQ(file.refusals.size(), 1u);
    EXPECT_EQ(file.refusals[0].what, type.name);
    EXPECT_FALSE(file.refusals[0].needs.empty());
    EXPECT_EQ(file.refusals[0].supplier,
              type.field == proto::Model::kCustomModel ? Supplier::kCaller : Supplier::kApple);
    EXPECT_EQ(file.description.interface.inputs[0].name, "in");
  }
  WF_ASSERT_OK_AND_ASSIGN(const ModelFile newer, read_bytes(model_with_type(4000)));
  EXPECT_EQ(newer.refusals.at(0).supplier, Supplier::kWindfall);
  EXPECT_EQ(refusal_text(newer), "type 4000: needs a newer Windfall: this build does not know the type");
}

TEST(ModelTypes, PipelinesReadTheirParts) {
  WireWriter out;
  out.put_int(proto::Model::kSpecificationVersion, 4);
  out.add_message(proto::Model::kPipelineClassifier, [&] {
    out.add_message(proto::PipelineClassifier::kPipeline, [&] {
      out.add_text(proto::Pipeline::kModels, message_of(small_program()));
      out.add_text(proto::Pipeline::kModels, model_with_type(proto::Model::kVisionFeaturePrint));
      out.add_text(proto::Pipeline::kNames, "first");
      out.add_text(proto::Pipeline::kNames, "second");
    });
  });
  WF_ASSERT_OK_AND_ASSIGN(const ModelFile file, read_bytes(std::string(out.text())));
  EXPECT_EQ(file.type, "pipelineClassifier");
  ASSERT_EQ(file.parts.size(), 2u);
  EXPECT_NE(file.parts[0].program, nullptr);
  EXPECT_FALSE(can_run(file));
  ASSERT_EQ(file.refusals.size(), 1u);
  EXPECT_EQ(file.refusals[0].what, "part 1 'second': visionFeaturePrint");
  EXPECT_EQ(file.refusals[0].supplier, Supplier::kApple);
  const Status saved = save_mlmodel(file, scratch_folder("pipeline") / "x.mlmodel");
  ASSERT_FALSE(saved.ok());
  EXPECT_EQ(saved.error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace wf::test
