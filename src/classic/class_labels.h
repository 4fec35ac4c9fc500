// The two outputs of a classifier: the label and the probability of each label.
#pragma once

#include <span>
#include <string_view>

#include "classic/call.h"
#include "classic/key.h"

namespace wf {

// The outputs that the description names for the label and the probabilities; where it names none, the first
// one that is no dictionary and the first one that is.
std::string_view label_output(const Interface& interface);
std::string_view probabilities_output(const Interface& interface);

// Puts both outputs: label `best`, and a probability for each label.
Status put_class(ClassicCall& call, const Keys& labels, size_t best, std::span<const double> probabilities);

// The first of the largest values; NaN counts as smallest.
size_t index_of_largest(std::span<const double> values);

}  // namespace wf
