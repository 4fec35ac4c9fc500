#include "api/schema_json.h"

#include "base/json_writer.h"

namespace wf::api {
namespace {

void write_range(JsonWriter& out, const SizeRange& range) {
  out.begin_array().whole(range.lower);
  range.upper < 0 ? out.null() : out.whole(range.upper);  // null: unbounded
  out.end_array();
}
void write_shape(JsonWriter& out, const Shape& shape) {
  out.begin_array();
  for (const int64_t size : shape) out.whole(size);
  out.end_array();
}
std::string_view name_of(KeyKind kind) { return kind == KeyKind::kInt64 ? "int64" : "string"; }

// Kind and what follows from it.
struct Visitor {
  JsonWriter& out;
  void operator()(const std::monostate&) const { kind("unknown"); }
  void operator()(const ArrayFeature& array) const {
    kind("array");
    write(array);
  }
  void operator()(const StateFeature& state) const {
    kind("state");
    write(state.array);
  }
  void operator()(const ImageFeature& image) const {
    kind("image");
    out.key("dtype").text(image.layout == ColorLayout::kGrayscaleFloat16 ? "fp16" : "uint8");
    out.key("shape");
    write_shape(out, pixels(image, image.width, image.height));
    out.key("layout").text(wf::name_of(image.layout));
    if (!image.enumerated.empty()) {
      out.key("allowed_shapes").begin_array();
      for (const auto& [width, height] : image.enumerated) write_shape(out, pixels(image, width, height));
      out.end_array();
    }
    if (image.width_range && image.height_range) {
      out.key("allowed_sizes").begin_array();
      write_range(out, *image.height_range);
      write_range(out, *image.width_range);
      out.end_array();
    }
  }
  void operator()(const DictFeature& dict) const {
    kind("dictionary");
    out.key("key").text(name_of(dict.key));
  }
  void operator()(const SequenceFeature& sequence) const {
    kind("sequence");
    out.key("item").text(name_of(sequence.element)).key("length");
    write_range(out, sequence.size);
  }
  void operator()(const Int64Feature&) const { scalar("int64", "int64"); }
  void operator()(const DoubleFeature&) const { scalar("double", "fp64"); }
  void operator()(const StringFeature&) const { scalar("string", "string"); }

 private:
  void kind(std::string_view name) const { out.key("kind").text(name); }
  void scalar(std::string_view name, std::string_view dtype) const {
    kind(name);
    out.key("dtype").text(dtype).key("shape").begin_array().end_array();
  }
  static Shape pixels(const ImageFeature& image, int64_t width, int64_t height) {
    return channels(image.layout) == 3 ? Shape{height, width, 3} : Shape{height, width};
  }
  void write(const ArrayFeature& array) const {
    out.key("dtype").text(wf::name_of(array.dtype)).key("shape");
    write_shape(out, array.shape);
    if (!array.enumerated.empty()) {
      out.key("allowed_shapes").begin_array();
      for (const Shape& shape : array.enumerated) write_shape(out, shape);
      out.end_array();
    }
    if (!array.ranges.empty()) {
      out.key("allowed_sizes").begin_array();
      for (const SizeRange& range : array.ranges) write_range(out, range);
      out.end_array();
    }
    if (array.fallback) out.key("default").number(*array.fallback);
  }
};

void write_features(JsonWriter& out, std::string_view key, const std::vector<Feature>& features) {
  out.key(key).begin_array();
  for (const Feature& feature : features) {
    out.begin_object().key("name").text(feature.name);
    std::visit(Visitor{out}, feature.type);
    out.key("optional").flag(feature.optional).key("text").text(to_string(feature));
    if (!feature.doc.empty()) out.key("doc").text(feature.doc);
    out.end_object();
  }
  out.end_array();
}

void write_schema(JsonWriter& out, const ModelFile& file, const Interface& interface,
                  const CompiledMeta& meta, std::string_view engine, std::string_view function) {
  const Metadata& metadata = file.description.metadata;
  out.begin_object().key("schema").text("windfall.schema/1");
  out.key("type").text(file.type).key("specification_version").whole(file.specification_version);
  out.key("function").text(function).key("functions").begin_array();
  for (const auto& [name, unused] : file.description.functions) out.text(name);
  out.end_array();
  out.key("engine").text(engine).key("backend").text(meta.backend).key("platform").text(meta.platform);
  out.key("short_description").text(metadata.short_description).key("version").text(metadata.version);
  out.key("author").text(metadata.author).key("license").text(metadata.license);
  write_features(out, "inputs", interface.inputs);
  write_features(out, "outputs", interface.outputs);
  write_features(out, "states", interface.states);
  if (!interface.predicted_feature_name.empty())
    out.key("predicted_feature").text(interface.predicted_feature_name);
  if (!interface.predicted_probabilities_name.empty())
    out.key("predicted_probabilities").text(interface.predicted_probabilities_name);
}

}  // namespace

std::string schema_json(const Model& model, std::string_view engine, std::string_view function) {
  JsonWriter out;
  write_schema(out, model.file(), model.interface(), model.prepared().meta(), engine, function);
  return out.end_object().take();
}

std::string schema_json(const ModelFile& file, const Interface& interface, std::string_view function,
                        std::string_view why_not) {
  JsonWriter out;
  write_schema(out, file, interface, {}, "", function);
  return out.key("why_not").text(why_not).end_object().take();
}

}  // namespace wf::api
