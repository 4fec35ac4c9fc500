#include "description.h"

#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include "errors.h"

namespace nb = nanobind;

namespace wf::python {
namespace {

nb::object range_object(const SizeRange& range) {
  nb::object upper = range.upper < 0 ? nb::object(nb::none()) : nb::object(nb::int_(range.upper));
  return nb::make_tuple(range.lower, upper);
}

nb::tuple shape_object(const Shape& shape) { return nb::tuple(nb::cast(shape)); }

void set_array(nb::dict& out, const char* kind, const ArrayFeature& array) {
  out["kind"] = kind;
  out["dtype"] = name_of(array.dtype);
  out["shape"] = shape_object(array.shape);
  nb::list enumerated, ranges;
  for (const Shape& shape : array.enumerated) enumerated.append(shape_object(shape));
  for (const SizeRange& range : array.ranges) ranges.append(range_object(range));
  out["enumerated_shapes"] = nb::tuple(enumerated);
  out["shape_ranges"] = nb::tuple(ranges);
  if (array.fallback) out["default"] = *array.fallback;
}

void set_image(nb::dict& out, const ImageFeature& image) {
  out["kind"] = "image";
  out["dtype"] = image.layout == ColorLayout::kGrayscaleFloat16 ? "fp16" : "uint8";
  out["color_layout"] = name_of(image.layout);
  Shape shape{image.height, image.width};
  if (channels(image.layout) == 3) shape.push_back(3);
  out["shape"] = shape_object(shape);
  nb::list sizes, ranges;
  for (const auto& [width, height] : image.enumerated) sizes.append(nb::make_tuple(height, width));
  if (image.height_range && image.width_range) {
    ranges.append(range_object(*image.height_range));
    ranges.append(range_object(*image.width_range));
  }
  out["enumerated_shapes"] = nb::tuple(sizes);
  out["shape_ranges"] = nb::tuple(ranges);
}

nb::dict feature_object(const Feature& feature) {
  nb::dict out;
  out["name"] = feature.name;
  out["doc"] = feature.doc;
  out["optional"] = feature.optional;
  out["text"] = to_string(feature);
  struct Visitor {
    nb::dict& out;
    void operator()(const std::monostate&) const { out["kind"] = "unknown"; }
    void operator()(const ArrayFeature& array) const { set_array(out, "array", array); }
    void operator()(const StateFeature& state) const { set_array(out, "state", state.array); }
    void operator()(const ImageFeature& image) const { set_image(out, image); }
    void operator()(const DictFeature& dict) const {
      out["kind"] = "dictionary";
      out["key"] = dict.key == KeyKind::kInt64 ? "int" : "str";
    }
    void operator()(const SequenceFeature& sequence) const {
      out["kind"] = "sequence";
      out["key"] = sequence.element == KeyKind::kInt64 ? "int" : "str";
    }
    void operator()(const Int64Feature&) const { out["kind"] = "int"; }
    void operator()(const DoubleFeature&) const { out["kind"] = "double"; }
    void operator()(const StringFeature&) const { out["kind"] = "string"; }
  };
  std::visit(Visitor{out}, feature.type);
  return out;
}

nb::list features_object(const std::vector<Feature>& features) {
  nb::list out;
  for (const Feature& feature : features) out.append(feature_object(feature));
  return out;
}

std::string why_not(const ModelFile& file) {
  if (!file.missing_weights.empty()) return "weights are missing: " + file.missing_weights[0];
  return can_run(file) ? "" : refusal_text(file);
}

}  // namespace

ModelFile read_to_look(const std::string& path) {
  return take([&] {
    const nb::gil_scoped_release no_gil;
    return read_model_file(path, {.allow_missing_weights = true});
  }());
}

nb::dict dict_from_description(const ModelFile& file, const Interface& interface) {
  nb::dict out;
  out["container"] = file.container;
  out["type"] = file.type;
  out["specification_version"] = file.specification_version;
  const Metadata& metadata = file.description.metadata;
  out["short_description"] = metadata.short_description;
  out["version"] = metadata.version;
  out["author"] = metadata.author;
  out["license"] = metadata.license;
  nb::dict user_defined;
  for (const auto& [key, value] : metadata.user_defined)
    user_defined[nb::str(key.c_str(), key.size())] = value;
  out["user_defined"] = user_defined;
  out["inputs"] = features_object(interface.inputs);
  out["outputs"] = features_object(interface.outputs);
  out["states"] = features_object(interface.states);
  nb::list functions;
  for (const auto& [name, unused] : file.description.functions) functions.append(name);
  out["functions"] = nb::tuple(functions);
  out["predicted_feature_name"] = interface.predicted_feature_name;
  out["predicted_probabilities_name"] = interface.predicted_probabilities_name;
  out["updatable"] = file.updatable;
  out["why_not"] = why_not(file);
  return out;
}

}  // namespace wf::python
