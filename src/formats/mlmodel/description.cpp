#include "formats/mlmodel/description.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "formats/mlmodel/interface_fields.h"
#include "program/type.h"
#include "proto/data_structures.h"
#include "proto/feature_types.h"
#include "proto/model.h"

namespace wf {
namespace {

constexpr size_t kMaxRank = 32;  // Core ML itself stops at 5; a longer shape is damage

Error bad(std::string message) { return Error(ErrorCode::kBadModel, std::move(message)); }

Result<DType> array_dtype(int64_t code) {
  switch (static_cast<proto::ArrayDataType>(code)) {
    case proto::ArrayDataType::kFloat16:
      return DType::kFloat16;
    case proto::ArrayDataType::kFloat32:
      return DType::kFloat32;
    case proto::ArrayDataType::kDouble:
      return DType::kFloat64;
    case proto::ArrayDataType::kInt8:
      return DType::kInt8;
    case proto::ArrayDataType::kInt32:
      return DType::kInt32;
  }
  // Compilers of 2017 leave the type of a feature vector unstated; later ones write double for the same
  // models.
  if (code == 0) return DType::kFloat64;
  return bad(fmt::format("array element type {} does not exist", code));
}

Result<Shape> read_shape(const Message& message, uint32_t field) {
  Shape shape = message.i64s(field);
  WF_REQUIRE(shape.size() <= kMaxRank, kBadModel,
             fmt::format("shape of rank {}, expected at most {}", shape.size(), kMaxRank));
  for (const int64_t size : shape) {
    if (size < kUnknownSize) return bad(fmt::format("size {} in a shape", size));
  }
  return shape;
}

Result<SizeRange> read_range(const Message& message) {
  const int64_t lower = message.i64(proto::SizeRange::kLowerBound);
  const int64_t upper = std::max<int64_t>(message.i64(proto::SizeRange::kUpperBound), -1);
  if (lower < 0 || (upper >= 0 && upper < lower)) return bad(fmt::format("size range {}..{}", lower, upper));
  return SizeRange{lower, upper};
}

Result<ArrayFeature> read_array(const Message& message) {
  using Field = proto::ArrayFeatureType;
  ArrayFeature array;
  WF_TRY(array.dtype, array_dtype(message.i64(Field::kDataType)));
  WF_TRY(array.shape, read_shape(message, Field::kShape));
  switch (message.which({Field::kEnumeratedShapes, Field::kShapeRange})) {
    case Field::kEnumeratedShapes:
      for (const Message& each :
           message.message(Field::kEnumeratedShapes).messages(proto::EnumeratedShapes::kShapes)) {
        WF_TRY(Shape shape, read_shape(each, proto::ArrayShape::kShape));
        array.enumerated.push_back(std::move(shape));
      }
      break;
    case Field::kShapeRange:
      for (const Message& each :
           message.message(Field::kShapeRange).messages(proto::ShapeRange::kSizeRanges)) {
        WF_TRY(const SizeRange range, read_range(each));
        array.ranges.push_back(range);
      }
      if (!array.shape.empty() && !array.ranges.empty() && array.ranges.size() != array.shape.size()) {
        return bad(
            fmt::format("{} size ranges for a shape of rank {}", array.ranges.size(), array.shape.size()));
      }
      break;
    default:
      break;
  }
  switch (message.which({Field::kIntDefaultValue, Field::kFloatDefaultValue, Field::kDoubleDefaultValue})) {
    case Field::kIntDefaultValue:
      array.fallback = static_cast<double>(message.i64(Field::kIntDefaultValue));
      break;
    case Field::kFloatDefaultValue:
      array.fallback = message.f32(Field::kFloatDefaultValue);
      break;
    case Field::kDoubleDefaultValue:
      array.fallback = message.f64(Field::kDoubleDefaultValue);
      break;
    default:
      break;
  }
  return array;
}

Result<ColorLayout> color_layout(int64_t code) {
  switch (static_cast<proto::ColorSpace>(code)) {
    case proto::ColorSpace::kGrayscale:
      return ColorLayout::kGrayscale;
    case proto::ColorSpace::kRgb:
      return ColorLayout::kRgb;
    case proto::ColorSpace::kBgr:
      return ColorLayout::kBgr;
    case proto::ColorSpace::kGrayscaleFloat16:
      return ColorLayout::kGrayscaleFloat16;
  }
  return bad(fmt::format("image colour space {} does not exist", code));
}

Result<ImageFeature> read_image(const Message& message) {
  using Field = proto::ImageFeatureType;
  ImageFeature image;
  image.width = message.i64(Field::kWidth);
  image.height = message.i64(Field::kHeight);
  if (image.width < 0 || image.height < 0)
    return bad(fmt::format("image of {} x {}", image.width, image.height));
  WF_TRY(image.layout, color_layout(message.i64(Field::kColorSpace)));
  switch (message.which({Field::kEnumeratedSizes, Field::kImageSizeRange})) {
    case Field::kEnumeratedSizes:
      for (const Message& each :
           message.message(Field::kEnumeratedSizes).messages(proto::EnumeratedImageSizes::kSizes)) {
        const int64_t width = each.i64(proto::ImageSize::kWidth),
                      height = each.i64(proto::ImageSize::kHeight);
        if (width < 0 || height < 0) return bad(fmt::format("image of {} x {}", width, height));
        image.enumerated.emplace_back(width, height);
      }
      break;
    case Field::kImageSizeRange: {
      const Message range = message.message(Field::kImageSizeRange);
      WF_TRY(image.width_range, read_range(range.message(proto::ImageSizeRange::kWidthRange)));
      WF_TRY(image.height_range, read_range(range.message(proto::ImageSizeRange::kHeightRange)));
      break;
    }
    default:
      break;
  }
  return image;
}

Result<DictFeature> read_dict(const Message& message) {
  using Field = proto::DictionaryFeatureType;
  switch (message.which({Field::kInt64KeyType, Field::kStringKeyType})) {
    case Field::kInt64KeyType:
      return DictFeature{KeyKind::kInt64};
    case Field::kStringKeyType:
      return DictFeature{KeyKind::kString};
    default:
      return bad("a dictionary without a key type");
  }
}

Result<SequenceFeature> read_sequence(const Message& message) {
  using Field = proto::SequenceFeatureType;
  SequenceFeature sequence;
  switch (message.which({Field::kInt64Type, Field::kStringType})) {
    case Field::kInt64Type:
      sequence.element = KeyKind::kInt64;
      break;
    case Field::kStringType:
      sequence.element = KeyKind::kString;
      break;
    default:
      return bad("a sequence without an element type");
  }
  if (message.has(Field::kSizeRange)) {
    WF_TRY(sequence.size, read_range(message.message(Field::kSizeRange)));
  }
  return sequence;
}

// Stores the type; a feature without one stays unknown, as some training descriptions have it.
Status read_type(const Message& message, Feature& feature) {
  using Field = proto::FeatureType;
  feature.optional = message.flag(Field::kIsOptional);
  const uint32_t which = message.which({Field::kInt64Type, Field::kDoubleType, Field::kStringType,
                                        Field::kImageType, Field::kMultiArrayType, Field::kDictionaryType,
                                        Field::kSequenceType, Field::kStateType});
  switch (which) {
    case Field::kInt64Type:
      feature.type = Int64Feature{};
      break;
    case Field::kDoubleType:
      feature.type = DoubleFeature{};
      break;
    case Field::kStringType:
      feature.type = StringFeature{};
      break;
    case Field::kImageType: {
      WF_TRY(feature.type, read_image(message.message(which)));
      break;
    }
    case Field::kMultiArrayType: {
      WF_TRY(feature.type, read_array(message.message(which)));
      break;
    }
    case Field::kDictionaryType: {
      WF_TRY(feature.type, read_dict(message.message(which)));
      break;
    }
    case Field::kSequenceType: {
      WF_TRY(feature.type, read_sequence(message.message(which)));
      break;
    }
    case Field::kStateType: {
      WF_TRY(ArrayFeature array,
             read_array(message.message(which).message(proto::StateFeatureType::kArrayType)));
      feature.type = StateFeature{std::move(array)};
      break;
    }
    default:
      break;
  }
  return {};
}

Result<std::vector<Feature>> read_features(const Message& owner, uint32_t field, std::string_view kind) {
  std::vector<Feature> features;
  std::set<std::string, std::less<>> names;
  for (const Message& each : owner.messages(field)) {
    Feature feature;
    feature.name = each.text(proto::FeatureDescription::kName);
    feature.doc = each.text(proto::FeatureDescription::kShortDescription);
    const std::string place = fmt::format("{} '{}'", kind, feature.name);
    if (auto status = read_type(each.message(proto::FeatureDescription::kType), feature); !status) {
      return std::move(status).error().at(place);
    }
    if (names.insert(feature.name).second) {
      features.push_back(std::move(feature));
    } else if (std::ranges::find(features, feature) == features.end()) {
      return bad("the name occurs twice, with different types").at(place);
    }
  }
  return features;
}

Result<Interface> read_interface(const Message& message, const InterfaceFields& fields) {
  Interface interface;
  WF_TRY(interface.inputs, read_features(message, fields.input, "input"));
  WF_TRY(interface.outputs, read_features(message, fields.output, "output"));
  WF_TRY(interface.states, read_features(message, fields.state, "state"));
  interface.predicted_feature_name = message.text(fields.predicted_feature_name);
  interface.predicted_probabilities_name = message.text(fields.predicted_probabilities_name);
  return interface;
}

Metadata read_metadata(const Message& message) {
  Metadata metadata;
  metadata.short_description = message.text(proto::Metadata::kShortDescription);
  metadata.version = message.text(proto::Metadata::kVersionString);
  metadata.author = message.text(proto::Metadata::kAuthor);
  metadata.license = message.text(proto::Metadata::kLicense);
  std::map<std::string, std::string> user_defined;  // of equal keys the last counts, as protobuf maps have it
  for (const Message& entry : message.messages(proto::Metadata::kUserDefined)) {
    user_defined[entry.text(proto::MapEntry::kKey)] = entry.text(proto::MapEntry::kValue);
  }
  metadata.user_defined.assign(user_defined.begin(), user_defined.end());
  return metadata;
}

Result<Description> read_checked(const Message& message) {
  using Field = proto::ModelDescription;
  Description description;
  WF_TRY(description.interface, read_interface(message, kModelInterfaceFields));
  std::set<std::string, std::less<>> names;
  for (const Message& each : message.messages(Field::kFunctions)) {
    std::string name = each.text(proto::FunctionDescription::kName);
    if (!names.insert(name).second) return bad(fmt::format("function '{}' is described twice", name));
    auto interface = read_interface(each, kFunctionInterfaceFields);
    if (!interface) return std::move(interface).error().at(fmt::format("function '{}'", name));
    description.functions.emplace_back(std::move(name), *std::move(interface));
  }
  description.default_function = message.text(Field::kDefaultFunctionName);
  WF_TRY(description.training_inputs, read_features(message, Field::kTrainingInput, "training input"));
  description.metadata = read_metadata(message.message(Field::kMetadata));
  return description;
}

}  // namespace

Result<Description> read_description(const Message& message) {
  auto description = read_checked(message);
  if (!description) return std::move(description).error().at("description");
  return description;
}

}  // namespace wf
