// Version 2: models and what they take and give.
#include "api/c_objects.h"
#include "api/compile_for_abi.h"
#include "api/schema_json.h"

namespace wf::api {
namespace {

FeatureView view_of(const Feature& feature) {
  FeatureView view{
      .name = feature.name, .text = to_string(feature), .shape = {}, .optional = feature.optional};
  const auto set = [&](int32_t kind, DType dtype, Shape shape) {
    view.kind = kind;
    view.dtype = static_cast<int32_t>(dtype);
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
    }
    void operator()(const StateFeature& state) const {
      put(WINDFALL_KIND_STATE, state.array.dtype, shape_of(state.array));
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
    OptionsObject used;
    used.load.engine = default_engine();
    if (options) {
      WF_TRY(const auto given, object_of<OptionsObject>(options, "options"));
      used = *given;
    }
    enter_stage("load");
    WF_TRY(wf::Model model, wf::Model::load(path, used.load));
    auto object = std::make_shared<ModelObject>();
    object->engine = used.load.engine;
    object->schema = schema_json(model, used.load.engine, used.load.prepare.function);
    object->deadline_ms = used.deadline_ms;
    const wf::Interface& interface = model.interface();
    const std::vector<wf::Feature>* lists[] = {&interface.inputs, &interface.outputs, &interface.states};
    for (size_t which = 0; which < 3; ++which) {
      for (const wf::Feature& feature : *lists[which]) object->features[which].push_back(view_of(feature));
    }
    object->model = std::move(model);
    log_info(fmt::format("loaded {} on engine {}", path, object->engine));
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
    return fill(out, feature);
  });
}

}  // extern "C"
