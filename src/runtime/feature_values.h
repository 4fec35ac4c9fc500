// Between the caller's values and the program's: what Model::predict does with each input and output.
#pragma once

#include "program/description.h"
#include "runtime/engine.h"

namespace wf {

// The value as the program takes it. Nothing is guessed: dtypes are converted (floating values rounded,
// integers only if nothing is lost), [] and [1] are interchangeable, images become [1, C, H, W] in the
// model's channel order; any other shape must be one the description allows.
Result<Datum> fit_input(const Feature& feature, const TensorSpec& spec, const Datum& given);

// Whether the description takes arrays of this shape.
bool allows(const ArrayFeature& array, const Shape& shape);

// The value of an optional input that was left out: the description's default, or zeros.
Result<Datum> default_input(const Feature& feature, const TensorSpec& spec);

// The image as a [1, C, H, W] tensor: still uint8, or as given if it came prepared.
Result<Tensor> fit_image(const Feature& feature, const ImageFeature& image, const Tensor& given);

// The value as the description declares it. `type` is the program's type; a value stored as fp64 where it
// declares less comes from the exact reading and stays fp64.
Result<Datum> present_output(const Feature& feature, const ValueType& type, const Datum& value);

// A value that was presented for another feature (by a part of a pipeline), for this one: another number
// type perhaps, never another picture.
Result<Datum> present_again(const Feature& feature, const Datum& value);

// An [1, C, H, W] (or [C, H, W]) tensor as pixels: rounded to nearest even, clamped to 0..255, RGB order.
Result<Tensor> present_image(const ImageFeature& image, const Tensor& value);

// Same values under another dtype. To integers and bool only if nothing is lost: else an error that names the
// element.
Result<Tensor> convert_losslessly(const Tensor& tensor, DType dtype);

}  // namespace wf
