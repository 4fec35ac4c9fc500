// Version 2 of the C interface, called as C would call it.
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <nlohmann/json.hpp>
#include <thread>

#include "c_calls.h"
#include "windfall/dlpack.h"

namespace wf::test {
namespace {

TEST(CInterface, PredictsInPlaceAgainAndAgain) {
  windfall_model_t* model = load(doubling("c_predict"));
  windfall_request_t* request = request_of(model);
  std::vector<float> in = {1.5, -2}, out = {0, 0};
  windfall_tensor_t *x = wrap(WINDFALL_FP32, {2}, in), *y = wrap(WINDFALL_FP32, {2}, out);
  ok(windfall_request_set_input(request, "x", x));
  ok(windfall_request_set_output(request, "y", y));
  // What is still needed lives on.
  windfall_tensor_free(x);
  windfall_tensor_free(y);
  windfall_model_free(model);
  ok(windfall_request_run(request));
  EXPECT_EQ(out, (std::vector<float>{3, -4}));
  in = {10, 20};
  ok(windfall_request_run(request));
  EXPECT_EQ(out, (std::vector<float>{20, 40}));
  windfall_times_t times;
  times.struct_size = sizeof times;
  ok(windfall_request_times(request, &times));
  EXPECT_GE(times.predict_ms, 0);
  windfall_request_free(request);
  refused(windfall_request_run(request), WINDFALL_INVALID_ARGUMENT, "was freed");
}

TEST(CInterface, StridesInAndOut) {
  windfall_model_t* model = load(doubling("c_strides", DType::kFloat32, {2, 3}));
  windfall_request_t* request = request_of(model);
  std::vector<float> columns = {1, 4, 2, 5, 3, 6};  // [[1, 2, 3], [4, 5, 6]], column by column
  std::vector<float> gaps(2 * 4 * 2, -1);           // every second float, rows of four
  windfall_tensor_t* x = wrap(WINDFALL_FP32, {2, 3}, columns, {4, 8});
  windfall_tensor_t* y = wrap(WINDFALL_FP32, {2, 3}, gaps, {32, 8});
  ok(windfall_request_set_input(request, "x", x));
  ok(windfall_request_set_output(request, "y", y));
  ok(windfall_request_run(request));
  EXPECT_EQ(gaps, (std::vector<float>{2, -1, 4, -1, 6, -1, -1, -1, 8, -1, 10, -1, 12, -1, -1, -1}));
  columns[0] = 100;  // seen by the next prediction, though it was copied for the last
  ok(windfall_request_run(request));
  EXPECT_EQ(gaps[0], 200);

  windfall_tensor_t* bad = nullptr;
  const int64_t shape[] = {2, 3}, beyond[] = {16, 4}, back[] = {-12, 4}, same[] = {0, 4};
  refused(windfall_tensor_wrap(WINDFALL_FP32, 2, shape, beyond, columns.data(), 24, nullptr, nullptr, &bad),
          1, "takes 28 bytes, byte_length is 24");
  refused(windfall_tensor_wrap(WINDFALL_FP32, 2, shape, back, columns.data(), 24, nullptr, nullptr, &bad), 1,
          "negative");
  ok(windfall_tensor_wrap(WINDFALL_FP32, 2, shape, same, columns.data(), 24, nullptr, nullptr, &bad));
  refused(windfall_request_set_output(request, "y", bad), 1, "lie on each other");
  ok(windfall_request_set_input(request, "x", bad));  // reading one row twice is fine
  ok(windfall_request_run(request));
  EXPECT_EQ(gaps[8], 200);
  for (windfall_tensor_t* tensor : {x, y, bad}) windfall_tensor_free(tensor);
  windfall_request_free(request);
  windfall_model_free(model);
}

TEST(CInterface, DtypesAreConvertedOrRefused) {
  windfall_model_t* model = load(doubling("c_dtypes", DType::kInt32));
  windfall_request_t* request = request_of(model);
  std::vector<double> whole = {1, 2}, half = {1.5, 2};
  std::vector<int8_t> small(2);
  windfall_tensor_t *x = wrap(WINDFALL_FP64, {2}, whole), *h = wrap(WINDFALL_FP64, {2}, half);
  windfall_tensor_t* y = wrap(WINDFALL_INT8, {2}, small);
  ok(windfall_request_set_input(request, "x", x));
  ok(windfall_request_set_output(request, "y", y));
  ok(windfall_request_run(request));
  EXPECT_EQ(small, (std::vector<int8_t>{2, 4}));
  whole[0] = 100;
  refused(windfall_request_run(request), 1, "output 'y'");  // 200 is no int8
  windfall_tensor_t* none = nullptr;
  refused(windfall_request_output(request, "y", &none), 1, "not run, or failed");
  ok(windfall_request_set_input(request, "x", h));
  refused(windfall_request_run(request), 1, "element 0 is 1.5");
  refused(windfall_request_set_input(request, "z", x), 2, "takes 'x'");
  refused(windfall_request_set_output(request, "z", y), 2, "no output 'z'");
  ok(windfall_request_set_input(request, "x", nullptr));
  refused(windfall_request_run(request), 1, "missing");
  const int64_t shape[] = {2}, wrong[] = {3}, absurd[] = {INT64_MAX, INT64_MAX}, negative[] = {-1};
  refused(windfall_tensor_new(99, 1, shape, &none), 1, "no dtype");
  refused(windfall_tensor_new(8, 1, shape, &none), 1, "whole bytes");
  refused(windfall_tensor_new(WINDFALL_FP32, 2, absurd, &none), 1, "");
  refused(windfall_tensor_new(WINDFALL_FP32, 1, negative, &none), 1, "");
  refused(windfall_tensor_new(WINDFALL_FP32, 1, nullptr, &none), 1, "shape is NULL");
  refused(windfall_tensor_new(WINDFALL_FP32, 99, shape, &none), 1, "99 dimensions");
  refused(windfall_tensor_wrap(WINDFALL_FP32, 1, shape, nullptr, nullptr, 8, nullptr, nullptr, &none), 1,
          "data is NULL");
  ok(windfall_tensor_new(WINDFALL_INT32, 1, wrong, &none));
  ok(windfall_request_set_input(request, "x", none));
  refused(windfall_request_run(request), 1, "given int32 [3]");
  for (windfall_tensor_t* tensor : {x, h, y, none}) windfall_tensor_free(tensor);
  windfall_request_free(request);
  windfall_model_free(model);
}

TEST(CInterface, OutputsOfItsOwnStayAsTheyWere) {
  windfall_model_t* model = load(doubling("c_outputs"));
  windfall_request_t* request = request_of(model);
  std::vector<float> in = {1, 2};
  windfall_tensor_t* x = wrap(WINDFALL_FP32, {2}, in);
  ok(windfall_request_set_input(request, "x", x));
  windfall_tensor_t *first = nullptr, *second = nullptr;
  refused(windfall_request_output(request, "y", &first), 1, "has not run");
  ok(windfall_request_run(request));
  ok(windfall_request_output(request, "y", &first));
  in = {5, 6};
  ok(windfall_request_run(request));
  ok(windfall_request_output(request, "y", &second));
  windfall_request_free(request);
  windfall_model_free(model);
  EXPECT_EQ(values_of<float>(first), (std::vector<float>{2, 4}));
  EXPECT_EQ(values_of<float>(second), (std::vector<float>{10, 12}));
  for (windfall_tensor_t* tensor : {x, first, second}) windfall_tensor_free(tensor);
}

TEST(CInterface, AnOutputThatIsAnInputIsCopied) {
  const Feature x = array_feature("x", DType::kFloat32, {2});
  windfall_model_t* model = load(saved(make_file({x}, {array_feature("y", DType::kFloat32, {2})},
                                                 [](Builder& b) {
                                                   const ValueId in =
                                                       b.input("x", tensor_type(DType::kFloat32, {2}));
                                                   b.set_outputs({b.op("identity", {{"x", in}}, "y")});
                                                 }),
                                       "c_alias"));
  windfall_request_t* request = request_of(model);
  std::vector<float> in = {1, 2};
  windfall_tensor_t *given = wrap(WINDFALL_FP32, {2}, in), *out = nullptr;
  ok(windfall_request_set_input(request, "x", given));
  ok(windfall_request_run(request));
  ok(windfall_request_output(request, "y", &out));
  in = {8, 9};
  EXPECT_EQ(values_of<float>(out), (std::vector<float>{1, 2}));
  windfall_tensor_free(given);
  windfall_tensor_free(out);
  windfall_request_free(request);
  windfall_model_free(model);
}

TEST(CInterface, MemoryIsReleasedWhenNobodyNeedsIt) {
  windfall_model_t* model = load(doubling("c_release"));
  windfall_request_t* request = request_of(model);
  std::vector<float> in = {1, 2};
  int released = 0;
  const int64_t shape[] = {2};
  windfall_tensor_t* x = nullptr;
  ok(windfall_tensor_wrap(
      WINDFALL_FP32, 1, shape, nullptr, in.data(), 8, [](void* n) { ++*static_cast<int*>(n); }, &released,
      &x));
  ok(windfall_request_set_input(request, "x", x));
  windfall_tensor_free(x);
  ok(windfall_request_run(request));
  EXPECT_EQ(released, 0);
  windfall_request_free(request);
  EXPECT_EQ(released, 1);
  windfall_model_free(model);
}

TEST(CInterface, SchemaAndFeatures) {
  windfall_model_t* model = load(doubling("c_schema", DType::kFloat16, {1, 4}));
  EXPECT_EQ(nlohmann::json::parse(windfall_model_schema_json(model))["inputs"][0]["name"], "x");
  EXPECT_EQ(windfall_model_count(model, WINDFALL_INPUTS), 1u);
  EXPECT_EQ(windfall_model_count(model, WINDFALL_STATES), 0u);
  EXPECT_EQ(windfall_model_count(model, 3), 0u);
  windfall_feature_t feature;
  feature.struct_size = sizeof feature;
  ok(windfall_model_feature(model, WINDFALL_OUTPUTS, 0, &feature));
  EXPECT_STREQ(feature.name, "y");
  EXPECT_EQ(feature.kind, WINDFALL_KIND_ARRAY);
  EXPECT_EQ(feature.dtype, WINDFALL_FP16);
  EXPECT_EQ(Shape(feature.shape, feature.shape + feature.rank), (Shape{1, 4}));
  refused(windfall_model_feature(model, WINDFALL_OUTPUTS, 1, &feature), 1, "index is 1");
  refused(windfall_model_feature(model, 9, 0, &feature), 1, "which is 9");
  // A caller who was compiled against a smaller struct gets no more than that.
  struct {
    windfall_feature_t feature;
    char guard;
  } small;
  std::memset(&small, 0x5A, sizeof small);
  small.feature.struct_size = offsetof(windfall_feature_t, rank);
  ok(windfall_model_feature(model, WINDFALL_INPUTS, 0, &small.feature));
  EXPECT_STREQ(small.feature.name, "x");
  EXPECT_EQ(small.feature.rank, 0x5A5A5A5A5A5A5A5Au);
  small.feature.struct_size = 0;
  refused(windfall_model_feature(model, WINDFALL_INPUTS, 0, &small.feature), 1, "struct_size");
  windfall_model_free(model);
}

TEST(CInterface, OptionsAreChecked) {
  windfall_options_t* options = nullptr;
  ok(windfall_options_new(&options));
  refused(windfall_options_set_engine(options, "warp"), 1, "no engine 'warp'");
  refused(windfall_options_set_compute_units(options, 4), 1, "compute_units");
  refused(windfall_options_set_deadline_ms(options, 0), 1, "deadline");
  refused(windfall_options_set_cache(options, 2), 1, "use_cache is 2");
  ok(windfall_options_set_engine(options, "reference"));
  ok(windfall_options_set_compute_units(options, WINDFALL_CPU_ONLY));
  ok(windfall_options_set_deadline_ms(options, 5000));
  const auto path = doubling("c_options");
  windfall_model_t* model = load(path, options);
  EXPECT_STREQ(windfall_model_engine(model), "reference");
  ok(windfall_options_set_function(options, "other"));
  windfall_model_t* none = nullptr;
  refused(windfall_model_load(path.c_str(), options, &none), 2, "other");
  EXPECT_EQ(none, nullptr);
  windfall_options_free(options);
  refused(windfall_model_load(path.c_str(), options, &none), 1, "was freed");
  windfall_model_free(model);
}

TEST(CInterface, TheEnvironmentNamesTheEngine) {
  const auto path = doubling("c_engine");
  const char* set = std::getenv("WINDFALL_ENGINE");
  const std::string before = set ? set : "";
  ASSERT_EQ(::setenv("WINDFALL_ENGINE", "reference", 1), 0);
  windfall_model_t* model = load(path);
  windfall_options_t* options = nullptr;
  ok(windfall_options_new(&options));
  ok(windfall_options_set_engine(options, "cpu"));  // who names one means it
  windfall_model_t* other = load(path, options);
  ASSERT_EQ(::setenv("WINDFALL_ENGINE", "warp", 1), 0);
  windfall_model_t* none = nullptr;
  refused(windfall_model_load(path.c_str(), nullptr, &none), 1, "no engine 'warp'");
  if (before.empty()) {
    ::unsetenv("WINDFALL_ENGINE");
  } else {
    ::setenv("WINDFALL_ENGINE", before.c_str(), 1);
  }
  EXPECT_STREQ(windfall_model_engine(model), "reference");
  EXPECT_STREQ(windfall_model_engine(other), "cpu");
  windfall_options_free(options);
  for (windfall_model_t* each : {model, other}) windfall_model_free(each);
}

TEST(CInterface, LoadsFromTheCache) {
  windfall_options_t* options = nullptr;
  ok(windfall_options_new(&options));
  ok(windfall_options_set_cache(options, 1));
  const auto path = doubling("c_cache");
  windfall_model_free(load(path, options));  // compiled, if no test before did
  const uint64_t hits = Telemetry::process().snapshot().cache_hits;
  windfall_model_t* model = load(path, options);
  const uint64_t with_second = Telemetry::process().snapshot().cache_hits;
  EXPECT_GT(with_second, hits);
  ok(windfall_options_set_cache(options, 0));
  windfall_model_free(load(path, options));
  EXPECT_EQ(Telemetry::process().snapshot().cache_hits, with_second);
  windfall_options_free(options);
  EXPECT_GT(windfall_model_count(model, WINDFALL_INPUTS), 0u);
  windfall_model_free(model);
}

TEST(CInterface, NullAndForeignHandlesAreRefused) {
  int here = 0;
  for (void* handle :
       {static_cast<void*>(nullptr), static_cast<void*>(&here), reinterpret_cast<void*>(UINTPTR_MAX)}) {
    auto* model = static_cast<windfall_model_t*>(handle);
    auto* request = static_cast<windfall_request_t*>(handle);
    auto* tensor = static_cast<windfall_tensor_t*>(handle);
    auto* state = static_cast<windfall_state_t*>(handle);
    auto* options = static_cast<windfall_options_t*>(handle);
    auto* error = static_cast<windfall_error_t*>(handle);
    windfall_tensor_t *out = nullptr, *other = nullptr;
    windfall_state_t* new_state = nullptr;
    windfall_request_t* new_request = nullptr;
    windfall_tensor_info_t info{};
    windfall_times_t times{};
    windfall_feature_t feature{};
    DLManagedTensor* managed = nullptr;
    auto* predictor = static_cast<windfall_predictor_t*>(handle);
    auto* call = static_cast<windfall_layer_call_t*>(handle);
    windfall_model_info_t model_info{};
    windfall_layer_parameter_t parameter{};
    windfall_layer_value_t value{};
    windfall_predictor_t* new_predictor = nullptr;
    const char *key = nullptr, *text = nullptr;
    int32_t done = 1;
    EXPECT_EQ(windfall_model_function(model, 0), nullptr);
    EXPECT_EQ(windfall_layer_class_name(call), nullptr);
    EXPECT_EQ(windfall_layer_name(call), nullptr);
    EXPECT_EQ(windfall_layer_count(call, WINDFALL_LAYER_INPUTS), 0u);
    EXPECT_EQ(windfall_error_code(error), 0);
    EXPECT_STREQ(windfall_error_message(error), "");
    EXPECT_STREQ(windfall_error_hint(error), "");
    EXPECT_EQ(windfall_model_engine(model), nullptr);
    EXPECT_EQ(windfall_model_schema_json(model), nullptr);
    EXPECT_EQ(windfall_model_count(model, 0), 0u);
    EXPECT_EQ(windfall_tensor_text(tensor, 0), nullptr);
    for (windfall_error_t* each : {windfall_model_feature(model, 0, 0, &feature),
                                   windfall_model_info(model, &model_info),
                                   windfall_model_metadata(model, 0, &key, &text),
                                   windfall_tensor_convert(tensor, WINDFALL_FP32, &out),
                                   windfall_npy_save("x.npy", tensor),
                                   windfall_predictor_new(model, nullptr, &new_predictor),
                                   windfall_predictor_submit(predictor, request, 0, 0, nullptr, nullptr),
                                   windfall_predictor_run(predictor, nullptr, 0, nullptr),
                                   windfall_predictor_shutdown(predictor, 0),
                                   windfall_layer_parameter(call, 0, &parameter),
                                   windfall_layer_value(call, 0, 0, &value),
                                   windfall_layer_tensor(call, 0, 0, &out),
                                   windfall_layer_set_output(call, 0, tensor),
                                   windfall_layer_set_output_shape(call, 0, 0, nullptr),
                                   windfall_tensor_info(tensor, &info),
                                   windfall_tensor_to_dlpack(tensor, &managed),
                                   windfall_state_new(model, &new_state),
                                   windfall_state_copy(state, &new_state),
                                   windfall_state_read(state, "s", &out),
                                   windfall_state_write(state, "s", tensor),
                                   windfall_request_new(model, &new_request),
                                   windfall_request_set_input(request, "x", nullptr),
                                   windfall_request_set_dictionary(request, "x", tensor, tensor),
                                   windfall_request_set_sequence(request, "x", tensor),
                                   windfall_request_set_output(request, "y", nullptr),
                                   windfall_request_set_state(request, nullptr),
                                   windfall_request_set_deadline_ms(request, 1),
                                   windfall_request_set_seed(request, 1),
                                   windfall_request_run(request),
                                   windfall_requests_run(&request, 1),
                                   windfall_request_start(request, nullptr, nullptr),
                                   windfall_request_wait(request, 0, &done),
                                   windfall_request_output(request, "y", &out),
                                   windfall_request_dictionary(request, "y", &out, &other),
                                   windfall_request_sequence(request, "y", &out),
                                   windfall_request_times(request, &times),
                                   windfall_options_set_engine(options, "cpu"),
                                   windfall_options_set_function(options, ""),
                                   windfall_options_set_compute_units(options, 0),
                                   windfall_options_set_deadline_ms(options, 1),
                                   windfall_options_set_cache(options, 1)})
      refused(each, WINDFALL_INVALID_ARGUMENT, handle ? "no such handle" : "NULL");
    windfall_request_cancel(request);
    windfall_layer_fail(call, "nobody hears it");
    windfall_predictor_free(predictor);
    windfall_request_free(request);
    windfall_tensor_free(tensor);
    windfall_state_free(state);
    windfall_options_free(options);
    windfall_model_free(model);
    windfall_error_free(error);
  }
  // A handle of another kind is foreign too.
  windfall_options_t* options = nullptr;
  ok(windfall_options_new(&options));
  refused(windfall_request_run(reinterpret_cast<windfall_request_t*>(options)), 1, "no such handle");
  windfall_tensor_free(reinterpret_cast<windfall_tensor_t*>(options));
  ok(windfall_options_set_engine(options, "cpu"));
  windfall_options_free(options);
  // No place for the answer.
  for (windfall_error_t* each :
       {windfall_options_new(nullptr), windfall_model_load("x", nullptr, nullptr),
        windfall_tensor_new(3, 0, nullptr, nullptr), windfall_tensor_of_texts(0, nullptr, nullptr, nullptr),
        windfall_image_load("x", 0, 0, nullptr), windfall_tensor_from_dlpack(nullptr, nullptr),
        windfall_tensor_to_dlpack(nullptr, nullptr), windfall_state_new(nullptr, nullptr),
        windfall_request_new(nullptr, nullptr), windfall_model_describe("x", nullptr, nullptr),
        windfall_tensor_convert(nullptr, 3, nullptr), windfall_npy_load("x", nullptr),
        windfall_predictor_new(nullptr, nullptr, nullptr)})
    refused(each, WINDFALL_INVALID_ARGUMENT, "out is NULL");
}

TEST(CInterface, ErrorsOutliveNothing) {
  windfall_model_t* model = nullptr;
  windfall_error_t* error = windfall_model_load("no_such.mlpackage", nullptr, &model);
  ASSERT_NE(error, nullptr);
  EXPECT_EQ(windfall_error_code(error), WINDFALL_NOT_FOUND);
  EXPECT_NE(std::string_view(windfall_error_message(error)).find("no_such.mlpackage"),
            std::string_view::npos);
  windfall_error_free(error);
  EXPECT_EQ(windfall_error_code(error), WINDFALL_OK);
  windfall_error_free(error);
}

TEST(CInterface, TextsAndPictures) {
  const char* words[] = {"cat", "d\xc3\xb6g"};
  const int64_t shape[] = {2};
  windfall_tensor_t* tensor = nullptr;
  ok(windfall_tensor_of_texts(1, shape, words, &tensor));
  EXPECT_STREQ(windfall_tensor_text(tensor, 1), words[1]);
  EXPECT_EQ(windfall_tensor_text(tensor, 2), nullptr);
  EXPECT_EQ(info_of(tensor).data, nullptr);
  DLManagedTensor* managed = nullptr;
  refused(windfall_tensor_to_dlpack(tensor, &managed), 1, "string");
  windfall_tensor_free(tensor);
  refused(windfall_image_load("no.png", 0, 0, &tensor), 2, "no.png");
  refused(windfall_image_load("no.png", 5, 0, &tensor), 1, "both");
}

TEST(CInterface, AModelThatIsOnlyDescribed) {
  ModelFile file = doubling_file(array_feature("x", DType::kFloat32, {2}), tensor_type(DType::kFloat32, {2}),
                                 array_feature("y", DType::kFloat32, {2}));
  file.description.interface.inputs[0].doc = "two numbers";
  auto& array = std::get<ArrayFeature>(file.description.interface.inputs[0].type);
  array.ranges = {{1, 5}};
  file.description.metadata.author = "somebody";
  file.description.metadata.user_defined = {{"colour", "blue"}};
  const auto path = saved(file, "c_describe");
  windfall_model_t *model = nullptr, *described = load(path);
  ok(windfall_model_describe(path.c_str(), nullptr, &model));
  for (windfall_model_t* each : {model, described}) {  // loaded or not, it says the same
    windfall_model_info_t info{};
    refused(windfall_model_info(each, &info), 1, "struct_size");
    info.struct_size = sizeof info;
    ok(windfall_model_info(each, &info));
    EXPECT_STREQ(info.type, "mlProgram");
    EXPECT_STREQ(info.author, "somebody");
    EXPECT_STREQ(info.why_not, "");
    EXPECT_EQ(info.function_count, 0u);
    EXPECT_EQ(windfall_model_function(each, 0), nullptr);
    ASSERT_GE(info.metadata_count, 1u);
    const char *key = nullptr, *value = nullptr;
    ok(windfall_model_metadata(each, 0, &key, &value));
    EXPECT_STREQ(key, "colour");
    EXPECT_STREQ(value, "blue");
    refused(windfall_model_metadata(each, info.metadata_count, &key, &value), 1, "index is");
    windfall_feature_t feature{};
    feature.struct_size = sizeof feature;
    ok(windfall_model_feature(each, WINDFALL_INPUTS, 0, &feature));
    EXPECT_STREQ(feature.doc, "two numbers");
    EXPECT_EQ(feature.shape[0], -1);
    EXPECT_EQ(feature.usual_shape[0], 2);
    // A caller that was built before there was a doc.
    feature = {};
    feature.struct_size = offsetof(windfall_feature_t, doc);
    ok(windfall_model_feature(each, WINDFALL_INPUTS, 0, &feature));
    EXPECT_EQ(feature.doc, nullptr);
  }
  const auto schema = nlohmann::json::parse(windfall_model_schema_json(model));
  EXPECT_EQ(schema["why_not"], "");
  EXPECT_EQ(schema["inputs"][0]["doc"], "two numbers");
  windfall_request_t* request = nullptr;
  windfall_state_t* state = nullptr;
  windfall_predictor_t* predictor = nullptr;
  refused(windfall_request_new(model, &request), 1, "only described");
  refused(windfall_state_new(model, &state), 1, "only described");
  refused(windfall_predictor_new(model, nullptr, &predictor), 1, "only described");
  windfall_options_t* options = nullptr;
  ok(windfall_options_new(&options));
  ok(windfall_options_set_function(options, "other"));
  windfall_model_t* none = nullptr;
  refused(windfall_model_describe(path.c_str(), options, &none), 2, "no function 'other'");
  refused(windfall_model_describe("nowhere", nullptr, &none), 2, "nowhere");
  EXPECT_EQ(none, nullptr);
  windfall_options_free(options);
  windfall_model_free(model);
  windfall_model_free(described);
}

TEST(CInterface, ConvertedTensorsHaveMemoryOfTheirOwn) {
  std::vector<double> columns = {1.5, 3, 2, 4};  // [[1.5, 2], [3, 4]], column by column
  windfall_tensor_t* tensor = wrap(WINDFALL_FP64, {2, 2}, columns, {8, 16});
  windfall_tensor_t *narrow = nullptr, *same = nullptr, *dense = nullptr, *none = nullptr;
  ok(windfall_tensor_convert(tensor, WINDFALL_FP32, &narrow));
  ok(windfall_tensor_convert(tensor, WINDFALL_FP64, &same));
  EXPECT_EQ(values_of<float>(narrow), (std::vector<float>{1.5, 2, 3, 4}));
  ok(windfall_tensor_convert(same, WINDFALL_FP64, &dense));
  EXPECT_NE(info_of(dense).data, info_of(same).data);
  columns[0] = 7;
  static_cast<double*>(info_of(same).data)[1] = 9;
  EXPECT_EQ(values_of<double>(same), (std::vector<double>{1.5, 9, 3, 4}));
  EXPECT_EQ(values_of<double>(dense), (std::vector<double>{1.5, 2, 3, 4}));
  refused(windfall_tensor_convert(tensor, 99, &none), 1, "99 is no dtype");
  refused(windfall_tensor_convert(tensor, WINDFALL_TEXT, &none), 1, "cannot be converted to string");
  refused(windfall_tensor_convert(tensor, 8, &none), 1, "no whole bytes");

  const auto path = scratch_folder("c_npy") / "x.npy";
  ok(windfall_npy_save(path.c_str(), tensor));
  windfall_tensor_t* back = nullptr;
  ok(windfall_npy_load(path.c_str(), &back));
  EXPECT_EQ(values_of<double>(back), (std::vector<double>{7, 2, 3, 4}));
  refused(windfall_npy_load("no.npy", &none), 2, "no.npy");
  refused(windfall_npy_load(nullptr, &none), 1, "path is NULL");
  refused(windfall_npy_save("/proc/no/such.npy", tensor), WINDFALL_NOT_FOUND, "such.npy");
  for (windfall_tensor_t* each : {tensor, narrow, same, dense, back}) windfall_tensor_free(each);
}

TEST(CInterface, DlpackOutAndIn) {
  std::vector<float> numbers = {1, 2, 3, 4, 5, 6};
  windfall_tensor_t* tensor = wrap(WINDFALL_FP32, {2, 3}, numbers, {4, 8});
  DLManagedTensor* managed = nullptr;
  ok(windfall_tensor_to_dlpack(tensor, &managed));
  windfall_tensor_free(tensor);
  EXPECT_EQ(managed->dl_tensor.data, numbers.data());
  EXPECT_EQ(managed->dl_tensor.strides[1], 2);
  EXPECT_EQ(managed->dl_tensor.dtype.code, kDLFloat);
  windfall_tensor_t* back = nullptr;
  ok(windfall_tensor_from_dlpack(managed, &back));
  const windfall_tensor_info_t info = info_of(back);
  EXPECT_EQ(info.data, numbers.data());
  EXPECT_EQ(info.dtype, WINDFALL_FP32);
  EXPECT_EQ(info.byte_strides[1], 8);
  windfall_tensor_free(back);  // and with it `managed`
}

TEST(CInterface, ForeignDlpack) {
  static int deleted = 0;
  deleted = 0;
  int16_t numbers[] = {9, 1, 2, 3};
  int64_t shape[] = {3}, strides[] = {-1};
  DLManagedTensor managed{};
  managed.dl_tensor.data = numbers;
  managed.dl_tensor.device = {kDLCPU, 0};
  managed.dl_tensor.ndim = 1;
  managed.dl_tensor.dtype = {kDLInt, 16, 1};
  managed.dl_tensor.shape = shape;
  managed.dl_tensor.strides = strides;
  managed.dl_tensor.byte_offset = 6;  // begins at the last, runs backwards
  managed.deleter = [](DLManagedTensor*) { ++deleted; };
  windfall_tensor_t* tensor = nullptr;
  ok(windfall_tensor_from_dlpack(&managed, &tensor));
  windfall_model_t* model = load(doubling("c_dlpack", DType::kInt32, {3}));
  windfall_request_t* request = request_of(model);
  std::vector<int32_t> out(3);
  windfall_tensor_t* y = wrap(WINDFALL_INT32, {3}, out);
  ok(windfall_request_set_input(request, "x", tensor));
  ok(windfall_request_set_output(request, "y", y));
  windfall_tensor_free(tensor);
  ok(windfall_request_run(request));
  EXPECT_EQ(out, (std::vector<int32_t>{6, 4, 2}));
  EXPECT_EQ(deleted, 0);
  windfall_request_free(request);
  EXPECT_EQ(deleted, 1);
  // On failure it stays the caller's.
  managed.dl_tensor.device.device_type = 2;
  refused(windfall_tensor_from_dlpack(&managed, &tensor), 1, "device type 2");
  managed.dl_tensor.device.device_type = kDLCPU;
  managed.dl_tensor.dtype.lanes = 4;
  refused(windfall_tensor_from_dlpack(&managed, &tensor), 1, "4 lanes");
  managed.dl_tensor.dtype.lanes = 1;
  managed.dl_tensor.ndim = -1;
  refused(windfall_tensor_from_dlpack(&managed, &tensor), 1, "negative number");
  managed.dl_tensor.ndim = 1;
  managed.dl_tensor.data = nullptr;
  refused(windfall_tensor_from_dlpack(&managed, &tensor), 1, "data is NULL");
  refused(windfall_tensor_from_dlpack(nullptr, &tensor), 1, "managed is NULL");
  EXPECT_EQ(deleted, 1);
  windfall_tensor_free(y);
  windfall_model_free(model);
}

TEST(CInterface, StatesGoOnAreCopiedReadAndWritten) {
  windfall_model_t* model = load(summing("c_state"));
  windfall_request_t* request = request_of(model);
  std::vector<float> in = {1, 2}, out(2);
  windfall_tensor_t *x = wrap(WINDFALL_FP32, {2}, in), *y = wrap(WINDFALL_FP32, {2}, out);
  ok(windfall_request_set_input(request, "x", x));
  ok(windfall_request_set_output(request, "y", y));
  refused(windfall_request_run(request), 1, "state");
  windfall_state_t *state = nullptr, *branch = nullptr;
  ok(windfall_state_new(model, &state));
  ok(windfall_request_set_state(request, state));
  ok(windfall_request_run(request));
  ok(windfall_state_copy(state, &branch));
  ok(windfall_request_run(request));
  EXPECT_EQ(out, (std::vector<float>{2, 4}));
  ok(windfall_request_set_state(request, branch));
  in = {10, 10};
  ok(windfall_request_run(request));
  EXPECT_EQ(out, (std::vector<float>{11, 12}));

  windfall_tensor_t* held = nullptr;
  ok(windfall_state_read(state, "s", &held));
  EXPECT_EQ(info_of(held).dtype, WINDFALL_FP16);
  EXPECT_EQ(values_of<uint16_t>(held), (std::vector<uint16_t>{0x4000, 0x4400}));  // 2, 4
  ok(windfall_state_write(branch, "s", held));
  ok(windfall_request_run(request));
  EXPECT_EQ(out, (std::vector<float>{12, 14}));
  refused(windfall_state_write(branch, "s", x), 1, "is fp16 [2], given fp32 [2]");
  refused(windfall_state_write(branch, "t", held), 2, "no state 't'");
  for (windfall_tensor_t* tensor : {x, y, held}) windfall_tensor_free(tensor);
  windfall_state_free(state);
  windfall_state_free(branch);
  windfall_request_free(request);
  windfall_model_free(model);
}

TEST(CInterface, ManyRequestsAtOnce) {
  windfall_model_t* model = load(doubling("c_many"));
  constexpr size_t kCount = 5;
  std::vector<std::vector<float>> in, out(kCount, std::vector<float>(2));
  for (size_t i = 0; i < kCount; ++i) in.push_back({static_cast<float>(i), 1});
  std::vector<windfall_request_t*> requests;
  std::vector<windfall_tensor_t*> tensors;
  for (size_t i = 0; i < kCount; ++i) {
    requests.push_back(request_of(model));
    tensors.push_back(wrap(WINDFALL_FP32, {2}, in[i]));
    if (i != 2) ok(windfall_request_set_input(requests[i], "x", tensors.back()));
    tensors.push_back(wrap(WINDFALL_FP32, {2}, out[i]));
    ok(windfall_request_set_output(requests[i], "y", tensors.back()));
  }
  refused(windfall_requests_run(requests.data(), kCount), 1, "request 2");  // the others have run
  EXPECT_EQ(out[4], (std::vector<float>{8, 2}));
  EXPECT_EQ(out[2], (std::vector<float>{0, 0}));
  ok(windfall_requests_run(nullptr, 0));
  for (windfall_tensor_t* tensor : tensors) windfall_tensor_free(tensor);
  for (windfall_request_t* request : requests) windfall_request_free(request);
  windfall_model_free(model);
}

TEST(CInterface, SixteenThreadsOnOneModel) {
  windfall_model_t* model = load(doubling("c_threads"));
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&, t] {
      windfall_request_t* request = request_of(model);
      std::vector<float> in(2), out(2);
      windfall_tensor_t *x = wrap(WINDFALL_FP32, {2}, in), *y = wrap(WINDFALL_FP32, {2}, out);
      ok(windfall_request_set_input(request, "x", x));
      ok(windfall_request_set_output(request, "y", y));
      for (int i = 0; i < 50; ++i) {
        in = {static_cast<float>(t), static_cast<float>(i)};
        ok(windfall_request_run(request));
        if (out != std::vector<float>{2.0f * t, 2.0f * i}) ++wrong;
      }
      windfall_tensor_free(x);
      windfall_tensor_free(y);
      windfall_request_free(request);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  windfall_model_free(model);
}

TEST(CInterface, LogsWhatHappens) {
  static std::vector<std::string> lines;
  lines.clear();
  windfall_set_log([](void*, int32_t, const char* text) { lines.emplace_back(text); }, nullptr,
                   WINDFALL_LOG_INFO);
  windfall_model_t* model = load(doubling("c_log"));
  windfall_model_t* none = nullptr;
  refused(windfall_model_load("nowhere", nullptr, &none), 2, "nowhere");
  windfall_set_log(nullptr, nullptr, 0);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_NE(lines[0].find("loaded"), std::string::npos);
  EXPECT_NE(lines[1].find("nowhere"), std::string::npos);
  windfall_model_free(model);
}

TEST(CInterface, TelemetryCountsWhatWasPredicted) {
  const auto snapshot = [](int32_t format) {
    const char* text = nullptr;
    ok(windfall_telemetry_snapshot(format, &text));
    std::string copy = text;
    windfall_text_free(text);
    windfall_text_free(text);  // ignored
    return copy;
  };
  windfall_model_t* model = load(doubling("c_telemetry"));
  windfall_request_t* request = request_of(model);
  std::vector<float> in = {1, 2};
  windfall_tensor_t* x = wrap(WINDFALL_FP32, {2}, in);
  ok(windfall_request_set_input(request, "x", x));
  const std::string before = snapshot(WINDFALL_PROMETHEUS);
  ok(windfall_request_run(request));
  EXPECT_NE(snapshot(WINDFALL_PROMETHEUS), before);
  EXPECT_TRUE(nlohmann::json::parse(snapshot(WINDFALL_JSON)).is_object());
  const char* text = "";
  refused(windfall_telemetry_snapshot(2, &text), 1, "format is 2");
  EXPECT_EQ(text, nullptr);
  refused(windfall_telemetry_snapshot(0, nullptr), 1, "out is NULL");
  windfall_tensor_free(x);
  windfall_request_free(request);
  windfall_model_free(model);
}

TEST(CInterface, Versions) {
  EXPECT_EQ(windfall_abi(), WINDFALL_ABI);
  EXPECT_NE(std::string_view(windfall_version()).find('.'), std::string_view::npos);
}

}  // namespace
}  // namespace wf::test
