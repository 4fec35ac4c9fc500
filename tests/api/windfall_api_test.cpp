// Through the public header; what it stands on has tests of its own.
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <stdexcept>
#include <thread>
#include <type_traits>

#include "api/stage.h"
#include "base/file.h"
#include "c_calls.h"
#include "formats/wire/writer.h"
#include "proto/classic.h"
#include "proto/data_structures.h"
#include "proto/feature_types.h"
#include "proto/model.h"
#include "windfall/dlpack.h"
#include "windfall/windfall.hpp"

namespace wf::test {
namespace {

// y = x + x on two fp32 numbers, as a file.
std::filesystem::path doubling_model(std::string_view test) {
  ModelFile file = doubling_file(array_feature("x", DType::kFloat32, {2}), tensor_type(DType::kFloat32, {2}),
                                 array_feature("y", DType::kFloat32, {2}));
  file.description.interface.inputs[0].doc = "two numbers";
  file.description.metadata.short_description = "doubles";
  const auto path = scratch_folder(test) / "double.mlpackage";
  const auto status = save_mlpackage(file, path);
  EXPECT_TRUE(status.ok()) << status.error().to_string();
  return path;
}

// The thread rule, as the types have it: what is shared can be copied, what belongs to one prediction at a
// time can only be moved, and what may be called from several threads is const.
template <class T>
constexpr bool kShared = std::is_copy_constructible_v<T> && std::is_copy_assignable_v<T>;
template <class T>
constexpr bool kOwned = !std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T> &&
                        std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T>;
static_assert(kShared<windfall::Model> && kShared<windfall::Tensor> && kShared<windfall::Ticket>);
static_assert(kOwned<windfall::Request> && kOwned<windfall::State> && kOwned<windfall::Buffer>);
static_assert(kOwned<windfall::Predictor>);
template <class T>
concept CanRun = requires(T& t) { t.run(); };
template <class T>
concept CanCancel = requires(T& t) {
  t.cancel();
  t.wait();
};
static_assert(CanRun<windfall::Request> && !CanRun<const windfall::Request>);
static_assert(CanCancel<const windfall::Request>);
template <class T>
concept CanWrite = requires(T& t, const windfall::Tensor& value) { t.write("s", value); };
static_assert(CanWrite<windfall::State> && !CanWrite<const windfall::State>);
template <class T>
concept CanSubmit = requires(T& t) { t.submit({}); };
static_assert(CanSubmit<const windfall::Predictor>);

const windfall::Tensor& tensor_in(const windfall::Values& values, std::string_view name) {
  return std::get<windfall::Tensor>(values.find(name)->second);
}

TEST(Api, LoadsDescribesAndPredicts) {
  const auto model = windfall::Model::load(doubling_model("api_loads"));
  ASSERT_TRUE(model.ok()) << model.error().message;
  const windfall::Description& description = model->description();
  EXPECT_EQ(description.type, "mlProgram");
  EXPECT_EQ(description.short_description, "doubles");
  ASSERT_EQ(description.inputs.size(), 1u);
  EXPECT_EQ(description.inputs[0].doc, "two numbers");
  EXPECT_EQ(description.inputs[0].kind, windfall::FeatureKind::kArray);
  EXPECT_EQ(description.inputs[0].shape, (windfall::Shape{2}));

  const auto x = windfall::Tensor::of<float>({2}, {1.5f, -2});
  ASSERT_TRUE(x.ok());
  const auto outputs = model->predict({{"x", *x}});
  ASSERT_TRUE(outputs.ok()) << outputs.error().message;
  const auto& y = std::get<windfall::Tensor>(outputs->at("y"));
  EXPECT_EQ(y.dtype(), windfall::DType::kFloat32);
  EXPECT_EQ(y.to_doubles(), (std::vector<double>{3, -4}));
}

TEST(Api, AModelIsServedToMany) {
  const auto model = windfall::Model::load(doubling_model("api_predictor"));
  ASSERT_TRUE(model.ok());
  EXPECT_EQ(windfall::Predictor::create(*model, {.instances = 0}).error().code,
            windfall::ErrorCode::kInvalidArgument);
  auto predictor = windfall::Predictor::create(*model, {.instances = 2});
  ASSERT_TRUE(predictor.ok());
  const auto inputs = [](float a) {
    return windfall::Values{{"x", *windfall::Tensor::of<float>({2}, {a, -a})}};
  };
  const auto first = [](const windfall::Result<windfall::Values>& outputs) {
    return std::get<windfall::Tensor>(outputs->at("y")).to_doubles()[0];
  };
  const auto ticket = predictor->submit({.inputs = inputs(4)});
  ASSERT_TRUE(ticket.ok());
  EXPECT_EQ(first(ticket->wait()), 8);
  ticket->cancel();
  EXPECT_TRUE(ticket->done() && ticket->wait_for(std::chrono::milliseconds(0)));
  const auto answers = predictor->predict_batch({{.inputs = inputs(1)},
                                                 {.inputs = {}},
                                                 {.inputs = {{"x", windfall::Dictionary()}}},
                                                 {.inputs = inputs(2)}});
  ASSERT_EQ(answers.size(), 4u);
  EXPECT_EQ(first(answers[0]), 2);
  EXPECT_EQ(answers[1].error().code, windfall::ErrorCode::kInvalidArgument);
  EXPECT_EQ(answers[2].error().code, windfall::ErrorCode::kInvalidArgument);
  EXPECT_EQ(first(answers[3]), 4);
  predictor->shutdown(std::chrono::milliseconds(100));
  const auto refused = predictor->submit({.inputs = inputs(4)});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, windfall::ErrorCode::kEnvironment);
}

TEST(Api, ErrorsAreValues) {
  const auto missing = windfall::Model::load("no_such.mlmodel");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, windfall::ErrorCode::kNotFound);
  EXPECT_NE(missing.error().message.find("no_such.mlmodel"), std::string::npos);

  const auto model = windfall::Model::load(doubling_model("api_errors"));
  ASSERT_TRUE(model.ok());
  const auto x = windfall::Tensor::of<float>({1, 2}, {1, 2});
  const auto outputs = model->predict({{"x", *x}});
  ASSERT_FALSE(outputs.ok());
  EXPECT_EQ(outputs.error().code, windfall::ErrorCode::kInvalidArgument);
  EXPECT_EQ(outputs.error().hint, "drop the leading dimension of 1: [2]");
  EXPECT_EQ(
      windfall::Model::load(doubling_model("api_errors"), {.engine = "warp", .function = ""}).error().code,
      windfall::ErrorCode::kInvalidArgument);
}

TEST(Api, TensorsShareTheirBytes) {
  auto bytes = std::make_shared<std::vector<std::byte>>(8);
  const auto view = windfall::Tensor::view_of(windfall::DType::kInt32, {2}, *bytes, bytes);
  ASSERT_TRUE(view.ok());
  EXPECT_EQ(view->bytes().data(), bytes->data());
  EXPECT_EQ(windfall::Tensor::view_of(windfall::DType::kInt32, {3}, *bytes, bytes).error().code,
            windfall::ErrorCode::kInvalidArgument);
  const auto zeros = windfall::Tensor::zeros(windfall::DType::kFloat16, {2, 2});
  ASSERT_TRUE(zeros.ok());
  EXPECT_EQ(zeros->to_doubles(), (std::vector<double>(4, 0.0)));
  const auto text = windfall::Tensor::of_strings({1}, {"cat"});
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(text->strings(), (std::vector<std::string>{"cat"}));
  const auto wide = windfall::Tensor::of<std::int32_t>({1}, {7})->converted(windfall::DType::kFloat64);
  ASSERT_TRUE(wide.ok());
  EXPECT_EQ(windfall::name_of(wide->dtype()), "fp64");
}

TEST(Api, Files) {
  const auto folder = scratch_folder("api_files");
  const auto tensor = windfall::Tensor::of<std::int64_t>({2}, {3, 4});
  ASSERT_TRUE(windfall::save_npy(folder / "x.npy", *tensor).ok());
  const auto back = windfall::load_npy(folder / "x.npy");
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(back->to_doubles(), (std::vector<double>{3, 4}));
  EXPECT_EQ(windfall::load_image(folder / "x.npy").error().code, windfall::ErrorCode::kBadModel);
}

TEST(Api, NamesOfDTypesAreThoseOfTheLibrary) {
  for (int i = 0; i < kDTypeCount; ++i) {
    const auto dtype = static_cast<windfall::DType>(i);
    const bool sub_byte = bit_width(static_cast<DType>(i)) % 8 != 0;
    EXPECT_EQ(windfall::name_of(dtype), sub_byte ? "unknown" : name_of(static_cast<DType>(i)));
    if (sub_byte) continue;
    EXPECT_EQ(windfall::size_of(dtype) * 8, static_cast<size_t>(bit_width(static_cast<DType>(i))));
  }
}

TEST(Api, ARequestIsMadeOnceAndRunOften) {
  const auto model = windfall::Model::load(doubling("api_request"), {.engine = "cpu"});
  ASSERT_TRUE(model.ok());
  EXPECT_EQ(model->engine(), "cpu");
  auto request = model->new_request();
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->run().error().code, windfall::ErrorCode::kInvalidArgument);
  EXPECT_EQ(request->outputs().error().code, windfall::ErrorCode::kInvalidArgument);
  auto in = windfall::Buffer::allocate(windfall::DType::kFloat32, {2});
  std::vector<double> out(2);
  auto place = windfall::Buffer::over({2}, std::span(out));
  ASSERT_TRUE(in.ok() && place.ok());
  EXPECT_TRUE(in->elements<double>().empty());
  ASSERT_TRUE(request->set_input("x", *in).ok());
  ASSERT_TRUE(request->set_output("y", *place).ok());
  ASSERT_TRUE(request->set_deadline(std::chrono::seconds(60)).ok() && request->set_seed(7).ok());
  EXPECT_FALSE(request->set_deadline(std::chrono::seconds(-1)).ok());
  EXPECT_EQ(request->set_output("z", *place).error().code, windfall::ErrorCode::kNotFound);
  for (const float value : {1.0F, 2.0F}) {
    in->elements<float>()[1] = value;
    ASSERT_TRUE(request->run().ok());
    EXPECT_EQ(out, (std::vector<double>{0, 2 * value}));
  }
  EXPECT_GE(request->times()->predict_ms, 0);
  EXPECT_EQ(std::get<windfall::Tensor>(*request->output("y")).dtype(), windfall::DType::kFloat64);
  EXPECT_FALSE(request->output("z").ok());
  ASSERT_TRUE(request->clear_output("y").ok());
  ASSERT_TRUE(request->set_input("x", *windfall::Tensor::of<float>({2}, {5, 6})).ok());
  std::vector<windfall::Request> several;
  several.push_back(*std::move(request));
  several.push_back(*model->new_request());
  EXPECT_FALSE(windfall::run_all(several).ok());  // the second has no input
  EXPECT_EQ(tensor_in(*several[0].outputs(), "y").to_doubles(), (std::vector<double>{10, 12}));
  ASSERT_TRUE(several[1].set_inputs({{"x", *windfall::Tensor::of<float>({2}, {1, 1})}}).ok());
  EXPECT_TRUE(windfall::run_all(several).ok());
  several[0] = std::move(several[1]);
  EXPECT_EQ(tensor_in(*several[0].outputs(), "y").to_doubles(), (std::vector<double>{2, 2}));
  ASSERT_TRUE(several[0].clear_input("x").ok());
  EXPECT_FALSE(several[0].run().ok());
}

TEST(Api, RequestsRunInOtherThreads) {
  const auto model = windfall::Model::load(doubling("api_async"));
  ASSERT_TRUE(model.ok());
  auto request = model->new_request();
  ASSERT_TRUE(request.ok());
  ASSERT_TRUE(request->start().ok());
  EXPECT_EQ(request->wait().error().code, windfall::ErrorCode::kInvalidArgument);  // no input
  EXPECT_TRUE(*request->wait_for(std::chrono::milliseconds(0)));
  ASSERT_TRUE(request->set_input("x", *windfall::Tensor::of<float>({2}, {1, 2})).ok());
  ASSERT_TRUE(request->start().ok());
  EXPECT_TRUE(request->wait().ok());
  request->cancel();
  EXPECT_EQ(tensor_in(*request->outputs(), "y").to_doubles(), (std::vector<double>{2, 4}));

  std::atomic<int> told{0};
  ASSERT_TRUE(request
                  ->start([&](windfall::Status status) {
                    EXPECT_TRUE(status.ok());
                    told = 1;
                    told.notify_all();
                    throw std::runtime_error("stays here");
                  })
                  .ok());
  told.wait(0);
  ASSERT_TRUE(request->clear_input("x").ok());
  ASSERT_TRUE(request
                  ->start([&](windfall::Status status) {
                    EXPECT_FALSE(status.ok());
                    told = 2;
                    told.notify_all();
                  })
                  .ok());
  told.wait(1);
}

#ifdef WINDFALL_STAGE_HOOK
TEST(Api, ARequestThatGoesIsCancelledAndWaitedFor) {
  static std::atomic<int> inside;
  static std::atomic<bool> open;
  inside = 0;
  open = false;
  api::stage_hook = [](const char* stage) {
    if (std::string_view(stage) != "marshal_in") return;
    ++inside;
    inside.notify_all();
    open.wait(false);
  };
  const auto model = windfall::Model::load(doubling("api_async_end"));
  ASSERT_TRUE(model.ok());
  std::atomic<int> code{0};
  {
    auto request = model->new_request();
    ASSERT_TRUE(request.ok());
    ASSERT_TRUE(request->set_input("x", *windfall::Tensor::of<float>({2}, {1, 2})).ok());
    ASSERT_TRUE(request
                    ->start([&](windfall::Status status) {
                      code = status.ok() ? -1 : static_cast<int>(status.error().code);
                      code.notify_all();
                    })
                    .ok());
    inside.wait(0);
    EXPECT_FALSE(*request->wait_for(std::chrono::milliseconds(0)));
    EXPECT_FALSE(request->run().ok());
    // From another thread, through what is const.
    std::thread([&other = std::as_const(*request)] { other.cancel(); }).join();
    open = true;
    open.notify_all();
  }
  code.wait(0);
  EXPECT_EQ(code, static_cast<int>(windfall::ErrorCode::kDeadlineExceeded));
  api::stage_hook = nullptr;
}
#endif

TEST(Api, StatesAreCopiedReadAndWritten) {
  const auto model = windfall::Model::load(summing("api_state"));
  ASSERT_TRUE(model.ok());
  auto state = model->new_state();
  ASSERT_TRUE(state.ok());
  const windfall::Values inputs = {{"x", *windfall::Tensor::of<float>({2}, {1, 2})}};
  EXPECT_FALSE(model->predict(inputs).ok());
  ASSERT_TRUE(model->predict(inputs, &*state).ok());
  auto branch = state->copy();
  ASSERT_TRUE(branch.ok());
  EXPECT_EQ(tensor_in(*model->predict(inputs, &*state), "y").to_doubles(), (std::vector<double>{2, 4}));
  EXPECT_EQ(branch->read("s")->to_doubles(), (std::vector<double>{1, 2}));
  const auto half = windfall::Tensor::of<float>({2}, {10, 20})->converted(windfall::DType::kFloat16);
  ASSERT_TRUE(branch->write("s", *half).ok());
  EXPECT_EQ(tensor_in(*model->predict(inputs, &*branch), "y").to_doubles(), (std::vector<double>{11, 22}));
  EXPECT_EQ(branch->read("t").error().code, windfall::ErrorCode::kNotFound);
  EXPECT_FALSE(branch->write("s", *windfall::Tensor::of<float>({2}, {1, 1})).ok());

  const auto predictor = windfall::Predictor::create(*model);
  ASSERT_TRUE(predictor.ok());
  const auto shared = std::make_shared<windfall::State>(*std::move(state));
  const auto ticket = predictor->submit({.inputs = inputs, .state = shared});
  ASSERT_TRUE(ticket.ok());
  EXPECT_EQ(tensor_in(*ticket->wait(), "y").to_doubles(), (std::vector<double>{3, 6}));
  EXPECT_EQ(tensor_in(*ticket->wait(), "y").to_doubles(), (std::vector<double>{3, 6}));  // as often as asked
}

// Recommends what is similar: a dictionary, a number and sequences in, a sequence and a dictionary out.
std::filesystem::path recommending_model(std::string_view test) {
  namespace p = proto;
  WireWriter out;
  const auto describe = [&](uint32_t field, std::string_view name, uint32_t kind, uint32_t key,
                            bool optional) {
    out.add_message(field, [&] {
      out.add_text(p::FeatureDescription::kName, name);
      out.add_message(p::FeatureDescription::kType, [&] {
        out.add_message(kind, [&] {
          if (key != 0) out.add_message(key, [] {});
        });
        out.put_flag(p::FeatureType::kIsOptional, optional);
      });
    });
  };
  out.put_int(p::Model::kSpecificationVersion, 4);
  out.add_message(p::Model::kDescription, [&] {
    constexpr uint32_t kTexts = p::SequenceFeatureType::kStringType;
    describe(p::ModelDescription::kInput, "items", p::FeatureType::kDictionaryType,
             p::DictionaryFeatureType::kStringKeyType, false);
    describe(p::ModelDescription::kInput, "count", p::FeatureType::kInt64Type, 0, true);
    describe(p::ModelDescription::kInput, "only", p::FeatureType::kSequenceType, kTexts, true);
    describe(p::ModelDescription::kOutput, "list", p::FeatureType::kSequenceType, kTexts, false);
    describe(p::ModelDescription::kOutput, "scores", p::FeatureType::kDictionaryType,
             p::DictionaryFeatureType::kStringKeyType, false);
  });
  using R = p::ItemSimilarityRecommender;
  out.add_message(p::Model::kItemSimilarityRecommender, [&] {
    out.add_message(R::kItemItemSimilarities, [&] {  // of item 0: 1 by a half, 2 by a quarter
      for (const auto& [item, score] : {std::pair(1, 0.5), std::pair(2, 0.25)}) {
        out.add_message(p::SimilarItems::kSimilarItemList, [&] {
          out.add_varint(p::ConnectedItem::kItemId, static_cast<uint64_t>(item));
          out.add_double(p::ConnectedItem::kSimilarityScore, score);
        });
      }
    });
    out.add_message(R::kItemStringIds, [&] {
      for (const char* name : {"a", "b", "c"}) out.add_text(p::StringVector::kVector, name);
    });
    out.add_text(R::kItemInputFeatureName, "items");
    out.add_text(R::kNumRecommendationsInputFeatureName, "count");
    out.add_text(R::kItemRestrictionInputFeatureName, "only");
    out.add_text(R::kRecommendedItemListOutputFeatureName, "list");
    out.add_text(R::kRecommendedItemScoreOutputFeatureName, "scores");
  });
  const auto path = scratch_folder(test) / "recommends.mlmodel";
  EXPECT_TRUE(write_file(path, out.bytes()).ok());
  return path;
}

TEST(Api, DictionariesAndSequences) {
  const auto model = windfall::Model::load(recommending_model("api_values"));
  ASSERT_TRUE(model.ok()) << model.error().message;
  EXPECT_EQ(model->description().inputs[0].kind, windfall::FeatureKind::kDictionary);
  EXPECT_EQ(model->description().outputs[0].kind, windfall::FeatureKind::kSequence);
  const windfall::Dictionary items = {{"a", 4}};
  const auto all = model->predict({{"items", items}});
  ASSERT_TRUE(all.ok()) << all.error().message;
  EXPECT_EQ(std::get<windfall::Sequence>(all->at("list")), (windfall::Sequence{"b", "c"}));
  EXPECT_EQ(std::get<windfall::Dictionary>(all->at("scores")), (windfall::Dictionary{{"b", 2}, {"c", 1}}));
  const auto some = model->predict({{"items", items},
                                    {"only", windfall::Sequence{"c"}},
                                    {"count", *windfall::Tensor::of<std::int64_t>({}, {1})}});
  ASSERT_TRUE(some.ok()) << some.error().message;
  EXPECT_EQ(std::get<windfall::Sequence>(some->at("list")), (windfall::Sequence{"c"}));
  const auto mixed = model->predict({{"items", windfall::Dictionary{{"a", 4}, {std::int64_t{1}, 2}}}});
  ASSERT_FALSE(mixed.ok());
  EXPECT_EQ(mixed.error().code, windfall::ErrorCode::kInvalidArgument);
}

TEST(Api, WhatCannotRunIsDescribedWithTheReason) {
  const auto path = doubling("api_describe");
  const auto fine = windfall::describe(path);
  ASSERT_TRUE(fine.ok());
  EXPECT_EQ(fine->why_not, "");
  EXPECT_EQ(fine->container, ".mlpackage");
  EXPECT_EQ(fine->inputs[0].text, "MultiArray (Float32 2)");
  EXPECT_EQ(windfall::describe("no_such.mlmodel").error().code, windfall::ErrorCode::kNotFound);
  EXPECT_EQ(windfall::describe(path, "other").error().code, windfall::ErrorCode::kNotFound);
}

TEST(Api, TensorsGoToOtherLibrariesAndBack) {
  const auto tensor = windfall::Tensor::of<float>({2, 2}, {1, 2, 3, 4});
  const auto managed = tensor->to_dlpack();
  ASSERT_TRUE(managed.ok());
  std::int64_t columns[] = {1, 2};  // the same memory, transposed
  (*managed)->dl_tensor.strides = columns;
  const auto back = windfall::Tensor::from_dlpack(*managed);
  ASSERT_TRUE(back.ok());
  EXPECT_FALSE(back->is_dense());
  EXPECT_TRUE(back->bytes().empty());
  EXPECT_EQ(back->data(), tensor->data());
  EXPECT_EQ(back->byte_strides(), (std::vector<std::int64_t>{4, 8}));
  EXPECT_EQ(back->to_doubles(), (std::vector<double>{1, 3, 2, 4}));
  EXPECT_EQ(back->converted(windfall::DType::kFloat32)->bytes().size(), 16u);
  EXPECT_FALSE(windfall::Tensor::from_dlpack(nullptr).ok());
  EXPECT_FALSE(windfall::Tensor::of_strings({1}, {"a"})->to_dlpack().ok());
}

TEST(Api, WhatDoesNotFitTogetherIsRefused) {
  using windfall::DType;
  using windfall::Tensor;
  EXPECT_FALSE(Tensor::of_strings({2}, {"a"}).ok());
  EXPECT_FALSE(Tensor::of_strings({-1}, {}).ok());
  EXPECT_FALSE(Tensor::of_strings({1}, {std::string("a\0b", 3)}).ok());
  EXPECT_FALSE(Tensor::of<float>({1}, {1, 2}).ok());
  EXPECT_FALSE(Tensor::zeros(DType::kFloat32, {-1}).ok());
  EXPECT_FALSE(Tensor::zeros(DType::kFloat32, {INT64_MAX, INT64_MAX}).ok());
  EXPECT_FALSE(windfall::Buffer::over(DType::kFloat32, {2}, {}, {4, 4}).ok());
  std::vector<float> few(1);
  EXPECT_FALSE(windfall::Buffer::over({2}, std::span(few)).ok());
  EXPECT_TRUE(std::isnan(Tensor::of_strings({1}, {"a"})->to_doubles()[0]));
  EXPECT_TRUE(Tensor::of<float>({0, 3}, {})->to_doubles().empty());
  EXPECT_EQ(Tensor::of<double>({}, {2.5})->to_doubles(), (std::vector<double>{2.5}));
}

TEST(Api, OwnersAreLetGo) {
  auto bytes = std::make_shared<std::vector<std::byte>>(8);
  {
    const auto view = windfall::Tensor::view_of(windfall::DType::kInt32, {2}, *bytes, bytes);
    const auto copy = *view;
    EXPECT_EQ(bytes.use_count(), 2);
  }
  EXPECT_EQ(bytes.use_count(), 1);
  EXPECT_FALSE(windfall::Tensor::view_of(windfall::DType::kString, {1}, *bytes, bytes).ok());
  EXPECT_EQ(bytes.use_count(), 1);
}

TEST(Api, LogAndTelemetry) {
  std::vector<std::string> lines;
  windfall::set_log(
      [&](windfall::LogLevel level, std::string_view text) {
        lines.emplace_back(text);
        if (level == windfall::LogLevel::kError) throw std::runtime_error("stays here");
      },
      windfall::LogLevel::kInfo);
  const auto model = windfall::Model::load(doubling("api_log"), {.deadline = std::chrono::seconds(5)});
  EXPECT_FALSE(windfall::Model::load("nowhere").ok());
  windfall::set_log({});
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_NE(lines[0].find("loaded"), std::string::npos);
  EXPECT_NE(lines[1].find("nowhere"), std::string::npos);
  EXPECT_EQ(windfall::telemetry()->front(), '{');
  EXPECT_EQ(windfall::telemetry(windfall::TelemetryFormat::kPrometheus)->front(), '#');
  EXPECT_EQ(windfall::version(), windfall_version());
}

}  // namespace
}  // namespace wf::test
