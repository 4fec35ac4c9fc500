#include "formats/mlmodel/description_writer.h"

#include <cmath>

#include "formats/mlmodel/interface_fields.h"
#include "proto/data_structures.h"
#include "proto/feature_types.h"
#include "proto/model.h"

namespace wf {
namespace {

proto::ArrayDataType array_type(DType dtype) {
  switch (dtype) {
    case DType::kFloat16:
      return proto::ArrayDataType::kFloat16;
    case DType::kFloat64:
      return proto::ArrayDataType::kDouble;
    case DType::kInt8:
      return proto::ArrayDataType::kInt8;
    case DType::kInt32:
      return proto::ArrayDataType::kInt32;
    default:
      return proto::ArrayDataType::kFloat32;  // a feature has no other types
  }
}

proto::ColorSpace color_space(ColorLayout layout) {
  switch (layout) {
    case ColorLayout::kGrayscale:
      return proto::ColorSpace::kGrayscale;
    case ColorLayout::kRgb:
      return proto::ColorSpace::kRgb;
    case ColorLayout::kBgr:
      return proto::ColorSpace::kBgr;
    case ColorLayout::kGrayscaleFloat16:
      return proto::ColorSpace::kGrayscaleFloat16;
  }
  return proto::ColorSpace::kRgb;
}

class DescriptionWriter {
 public:
  explicit DescriptionWriter(WireWriter& out) : out_(out) {}

  void write(const Description& description) {
    using Field = proto::ModelDescription;
    write_interface(description.interface, kModelInterfaceFields);
    for (const auto& [name, interface] : description.functions) {
      out_.add_message(Field::kFunctions, [&, &name = name, &interface = interface] {
        out_.put_text(proto::FunctionDescription::kName, name);
        write_interface(interface, kFunctionInterfaceFields);
      });
    }
    out_.put_text(Field::kDefaultFunctionName, description.default_function);
    write_features(Field::kTrainingInput, description.training_inputs);
    if (description.metadata != Metadata{}) {
      out_.add_message(Field::kMetadata, [&] { write_metadata(description.metadata); });
    }
  }

 private:
  void write_interface(const Interface& interface, const InterfaceFields& fields) {
    write_features(fields.input, interface.inputs);
    write_features(fields.output, interface.outputs);
    out_.put_text(fields.predicted_feature_name, interface.predicted_feature_name);
    out_.put_text(fields.predicted_probabilities_name, interface.predicted_probabilities_name);
    write_features(fields.state, interface.states);
  }

  void write_features(uint32_t field, const std::vector<Feature>& features) {
    for (const Feature& feature : features) {
      out_.add_message(field, [&] {
        out_.put_text(proto::FeatureDescription::kName, feature.name);
        out_.put_text(proto::FeatureDescription::kShortDescription, feature.doc);
        out_.add_message(proto::FeatureDescription::kType, [&] { write_type(feature); });
      });
    }
  }

  void write_type(const Feature& feature) {
    using Field = proto::FeatureType;
    if (std::holds_alternative<Int64Feature>(feature.type)) out_.add_message(Field::kInt64Type, [] {});
    if (std::holds_alternative<DoubleFeature>(feature.type)) out_.add_message(Field::kDoubleType, [] {});
    if (std::holds_alternative<StringFeature>(feature.type)) out_.add_message(Field::kStringType, [] {});
    if (const ImageFeature* image = feature.image()) {
      out_.add_message(Field::kImageType, [&] { write_image(*image); });
    }
    if (const ArrayFeature* array = feature.array()) {
      out_.add_message(Field::kMultiArrayType, [&] { write_array(*array); });
    }
    if (const auto* dict = std::get_if<DictFeature>(&feature.type)) {
      using Dict = proto::DictionaryFeatureType;
      out_.add_message(Field::kDictionaryType, [&] {
        out_.add_message(dict->key == KeyKind::kInt64 ? Dict::kInt64KeyType : Dict::kStringKeyType, [] {});
      });
    }
    if (const auto* sequence = std::get_if<SequenceFeature>(&feature.type)) {
      using Sequence = proto::SequenceFeatureType;
      out_.add_message(Field::kSequenceType, [&] {
        out_.add_message(sequence->element == KeyKind::kInt64 ? Sequence::kInt64Type : Sequence::kStringType,
                         [] {});
        write_range(Sequence::kSizeRange, sequence->size);
      });
    }
    if (const auto* state = std::get_if<StateFeature>(&feature.type)) {
      out_.add_message(Field::kStateType, [&] {
        out_.add_message(proto::StateFeatureType::kArrayType, [&] { write_array(state->array); });
      });
    }
    out_.put_flag(Field::kIsOptional, feature.optional);
  }

  void write_range(uint32_t field, const SizeRange& range) {
    out_.add_message(field, [&] {
      out_.put_int(proto::SizeRange::kLowerBound, range.lower);
      out_.put_int(proto::SizeRange::kUpperBound, range.upper);
    });
  }

  void write_array(const ArrayFeature& array) {
    using Field = proto::ArrayFeatureType;
    out_.put_packed(Field::kShape, array.shape);
    out_.put_int(Field::kDataType, static_cast<int64_t>(array_type(array.dtype)));
    if (!array.enumerated.empty()) {
      out_.add_message(Field::kEnumeratedShapes, [&] {
        for (const Shape& shape : array.enumerated) {
          out_.add_message(proto::EnumeratedShapes::kShapes,
                           [&] { out_.put_packed(proto::ArrayShape::kShape, shape); });
        }
      });
    } else if (!array.ranges.empty()) {
      out_.add_message(Field::kShapeRange, [&] {
        for (const SizeRange& range : array.ranges) write_range(proto::ShapeRange::kSizeRanges, range);
      });
    }
    if (array.fallback) write_fallback(array.dtype, *array.fallback);
  }

  // In the field of the array's own type, unless the number does not survive there.
  void write_fallback(DType dtype, double value) {
    using Field = proto::ArrayFeatureType;
    const bool is_int32 = value == std::trunc(value) && std::fabs(value) < 0x1p31;
    const auto single = static_cast<float>(value);
    if (is_integer(dtype) && is_int32) {
      out_.add_varint(Field::kIntDefaultValue, static_cast<uint64_t>(static_cast<int64_t>(value)));
    } else if (dtype != DType::kFloat64 && static_cast<double>(single) == value) {
      out_.add_float(Field::kFloatDefaultValue, single);
    } else {
      out_.add_double(Field::kDoubleDefaultValue, value);
    }
  }

  void write_image(const ImageFeature& image) {
    using Field = proto::ImageFeatureType;
    out_.put_int(Field::kWidth, image.width);
    out_.put_int(Field::kHeight, image.height);
    out_.put_int(Field::kColorSpace, static_cast<int64_t>(color_space(image.layout)));
    if (!image.enumerated.empty()) {
      out_.add_message(Field::kEnumeratedSizes, [&] {
        for (const auto& [width, height] : image.enumerated) {
          out_.add_message(proto::EnumeratedImageSizes::kSizes, [&, width = width, height = height] {
            out_.put_int(proto::ImageSize::kWidth, width);
            out_.put_int(proto::ImageSize::kHeight, height);
          });
        }
      });
    } else if (image.width_range && image.height_range) {
      out_.add_message(Field::kImageSizeRange, [&] {
        write_range(proto::ImageSizeRange::kWidthRange, *image.width_range);
        write_range(proto::ImageSizeRange::kHeightRange, *image.height_range);
      });
    }
  }

  void write_metadata(const Metadata& metadata) {
    using Field = proto::Metadata;
    out_.put_text(Field::kShortDescription, metadata.short_description);
    out_.put_text(Field::kVersionString, metadata.version);
    out_.put_text(Field::kAuthor, metadata.author);
    out_.put_text(Field::kLicense, metadata.license);
    for (const auto& [key, value] : metadata.user_defined) {
      out_.add_message(Field::kUserDefined, [&, &key = key, &value = value] {
        out_.put_text(proto::MapEntry::kKey, key);
        out_.put_text(proto::MapEntry::kValue, value);
      });
    }
  }

  WireWriter& out_;
};

}  // namespace

void write_description(const Description& description, WireWriter& out) {
  DescriptionWriter(out).write(description);
}

}  // namespace wf
