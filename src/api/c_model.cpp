// Version 2: models and what they take and give.
#include "api/c_objects.h"
#include "api/compile_for_abi.h"
#include "api/schema_json.h"
#include "ops/custom_layer.h"

namespace wf::api {
namespace {

FeatureView view_of(const Feature& feature) {
  FeatureView view;
  view.name = feature.name;
  view.text = to_string(feature);
  view.doc = feature.doc;
  view.optional = feature.optional;
  const auto set = [&](int32_t kind, DType dtype, Shape shape) {
    view.kind = kind;
    view.dtype = static_cast<int32_t>(dtype);
    view.usual_shape = shape;
    view.shape = std::move(shape);
  };
  // The usual sizes, -1 where a range leaves one open.
  const auto array_shape = [](const ArrayFeature& array) {
    Shape shape = array.shape;
    for (size_t i = 0; i < array.ranges.size() && i < shape.size(); ++i) {
      if (array.ranges[i].lower != array.ranges[i].upper) shape[i] = -1;
    }
    return shape;
  };
  struct Visitor {
    decltype(set)& put;
    decltype(array_shape)& shape_of;
    FeatureView& view;
    void operator()(const std::monostate&) const {}
    void operator()(const ArrayFeature& array) const {
      put(WINDFALL_KIND_ARRAY, array.dtype, shape_of(array));
      view.usual_shape = array.shape;
    }
    void operator()(const StateFeature& state) const {
      put(WINDFALL_KIND_STATE, state.array.dtype, shape_of(state.array));
      view.usual_shape = state.array.shape;
    }
    void operator()(const ImageFeature& image) const {
      Shape shape = {image.height, image.width};
      if (channels(image.layout) == 3) shape.push_back(3);
      const bool half = image.layout == ColorLayout::kGrayscaleFloat16;
      put(WINDFALL_KIND_IMAGE, half ? DType::kFloat16 : DType::kUInt8, std::move(shape));
    }
    void operator()(const DictFeature&) const { view.kind = WINDFALL_KIND_DICTIONARY; }
    void operator()(const SequenceFeature&) const { view.kind = WINDFALL_KIND_SEQUENCE; }
    void operator()(const Int64Feature&) const { put(WINDFALL_KIND_INT64, DType::kInt64, {}); }
    void operator()(const DoubleFeature&) const { put(WINDFALL_KIND_DOUBLE, DType::kFloat64, {}); }
    void operator()(const StringFeature&) const { put(WINDFALL_KIND_STRING, DType::kString, {}); }
  };
  std::visit(Visitor{set, array_shape, view}, feature.type);
  return view;
}

// What can be said of a model whether it runs or not.
void describe(ModelObject& object, const wf::ModelFile& file, const wf::Interface& interface,
              std::string_view function) {
  const std::vector<Feature>* lists[] = {&interface.inputs, &interface.outputs, &interface.states};
  for (size_t which = 0; which < 3; ++which) {
    for (const Feature& feature : *lists[which]) object.features[which].push_back(view_of(feature));
  }
  object.container = file.container;
  object.type = file.type;
  object.function = function;
  object.specification_version = file.specification_version;
  object.metadata = file.description.metadata;
  for (const auto& [name, unused] : file.description.functions) object.functions.push_back(name);
}

// "" if the model can run.
std::string why_not(const ModelFile& file) {
  if (!file.missing_weights.empty()) return "weights are missing: " + file.missing_weights[0];
  if (!can_run(file)) return refusal_text(file);
  if (!file.program) return "";
  for (const Function& function : file.program->functions) {
    if (const Status status = check_custom_layers(function); !status) return status.error().to_string();
  }
  return "";
}

// Those that were given, or as it is without any.
Result<OptionsObject> options_of(const windfall_options_t* options) {
  if (options) {
    WF_TRY(const auto given, object_of<OptionsObject>(options, "options"));
    return *given;
  }
  OptionsObject usual;
  usual.load.engine = engine_for_abi();
  return usual;
}

}  // namespace
}  // namespace wf::api

using namespace wf::api;  // NOLINT(google-build-using-namespace): nothing but the C functions follows
using wf::Status;

extern "C" {

windfall_error_t* windfall_model_load(const char* path, const windfall_options_t* options,
                                      windfall_model_t** out) {
  return checked([&]() -> Status {
    if (!out) return refuse("out is NULL");
    *out = nullptr;
    if (!path) return refuse("path is NULL");
    WF_TRY(const OptionsObject used, options_of(options));
    enter_stage("load");
    WF_TRY(wf::Model model, wf::Model::load(path, used.load));
    auto object = std::make_shared<ModelObject>();
    object->engine = used.load.engine;
    object->schema = schema_json(model, used.load.engine, used.load.prepare.function);
    object->deadline_ms = used.deadline_ms;
    describe(*object, model.file(), model.interface(), used.load.prepare.function);
    object->loaded = std::move(model);
    log_info(fmt::format("loaded {} on engine {}", path, object->engine));
    give(std::move(object), out);
    return {};
  });
}

windfall_error_t* windfall_model_describe(const char* path, const windfall_options_t* options,
                                          windfall_model_t** out) {
  return checked([&]() -> Status {
    if (!out) return refuse("out is NULL");
    *out = nullptr;
    if (!path) return refuse("path is NULL");
    WF_TRY(const OptionsObject used, options_of(options));
    const std::string& function = used.load.prepare.function;
    enter_stage("load");
    WF_TRY(const wf::ModelFile file, wf::read_model_file(path, {.allow_missing_weights = true}));
    const wf::Interface* interface = file.description.find(function);
    if (!interface && function.empty()) interface = &file.description.interface;
    if (!interface)
      return wf::Error(wf::ErrorCode::kNotFound, fmt::format("the model has no function '{}'", function));
    auto object = std::make_shared<ModelObject>();
    describe(*object, file, *interface, function);
    object->why_not = why_not(file);
    object->schema = schema_json(file, *interface, function, object->why_not);
    give(std::move(object), out);
    return {};
  });
}

void windfall_model_free(windfall_model_t* model) { free_object<ModelObject>(model); }

const char* windfall_model_engine(const windfall_model_t* model) {
  const auto object = table<ModelObject>().find(model);
  return object ? object->engine.c_str() : nullptr;
}

const char* windfall_model_schema_json(const windfall_model_t* model) {
  const auto object = table<ModelObject>().find(model);
  return object ? object->schema.c_str() : nullptr;
}

windfall_error_t* windfall_model_info(const windfall_model_t* model, windfall_model_info_t* out) {
  return checked([&]() -> Status {
    WF_TRY(const auto object, object_of<ModelObject>(model, "model"));
    windfall_model_info_t info{};
    info.container = object->container.c_str();
    info.type = object->type.c_str();
    info.function = object->function.c_str();
    info.short_description = object->metadata.short_description.c_str();
    info.version = object->metadata.version.c_str();
    info.author = object->metadata.author.c_str();
    info.license = object->metadata.license.c_str();
    info.why_not = object->why_not.c_str();
    info.specification_version = object->specification_version;
    info.function_count = object->functions.size();
    info.metadata_count = object->metadata.user_defined.size();
    return fill(out, info);
  });
}

const char* windfall_model_function(const windfall_model_t* model, size_t index) {
  const auto object = table<ModelObject>().find(model);
  return object && index < object->functions.size() ? object->functions[index].c_str() : nullptr;
}

windfall_error_t* windfall_model_metadata(const windfall_model_t* model, size_t index, const char** out_key,
                                          const char** out_value) {
  return checked([&]() -> Status {
    if (out_key) *out_key = nullptr;
    if (out_value) *out_value = nullptr;
    if (!out_key || !out_value) return refuse("out_key or out_value is NULL");
    WF_TRY(const auto object, object_of<ModelObject>(model, "model"));
    const auto& pairs = object->metadata.user_defined;
    if (index >= pairs.size()) return refuse(fmt::format("index is {}, there are {}", index, pairs.size()));
    *out_key = pairs[index].first.c_str();
    *out_value = pairs[index].second.c_str();
    return {};
  });
}

size_t windfall_model_count(const windfall_model_t* model, int32_t which) {
  const auto object = table<ModelObject>().find(model);
  return object && which >= 0 && which < 3 ? object->features[which].size() : 0;
}

windfall_error_t* windfall_model_feature(const windfall_model_t* model, int32_t which, size_t index,
                                         windfall_feature_t* out) {
  return checked([&]() -> Status {
    WF_TRY(const auto object, object_of<ModelObject>(model, "model"));
    if (which < 0 || which > 2) return refuse(fmt::format("which is {}, expected 0 to 2", which));
    const auto& list = object->features[which];
    if (index >= list.size()) return refuse(fmt::format("index is {}, there are {}", index, list.size()));
    const FeatureView& view = list[index];
    windfall_feature_t feature{};
    feature.name = view.name.c_str();
    feature.text = view.text.c_str();
    feature.shape = view.shape.data();
    feature.rank = view.shape.size();
    feature.kind = view.kind;
    feature.dtype = view.dtype;
    feature.optional = view.optional ? 1 : 0;
    feature.doc = view.doc.c_str();
    feature.usual_shape = view.usual_shape.data();
    return fill(out, feature);
  });
}

}  // extern "C"
