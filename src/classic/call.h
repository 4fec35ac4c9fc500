// One prediction of a classical model: its inputs by name, a place for its outputs, and a clock.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "program/datum.h"
#include "program/description.h"

namespace wf {

struct ClassicOptions {
  std::optional<std::chrono::steady_clock::time_point> deadline;
  const std::atomic<bool>* cancelled = nullptr;
  uint64_t seed = 0;  // for the one type that draws random numbers
};

class ClassicCall {
 public:
  // `inputs` in the interface's order, of the described types; an optional one that was left out is unknown.
  ClassicCall(const Interface& interface, std::span<const Datum> inputs, const ClassicOptions& options)
      : interface_(interface), inputs_(inputs), options_(options), outputs_(interface.outputs.size()) {}

  const Interface& interface() const { return interface_; }
  uint64_t seed() const { return options_.seed; }

  // Null if the model has no such input, or it was left out.
  const Datum* input(std::string_view name) const;
  // The input of a model that takes exactly one; an error if it was left out.
  Result<const Datum*> single_input() const;
  // The number that an optional input overrides.
  Result<double> number_or(std::string_view name, double fallback) const;
  // All inputs (numbers and arrays) one after the other, in the description's order; NaN where one was left
  // out.
  Result<std::vector<double>> vector() const;

  // "" and names that the description does not declare are ignored: a model need not give all it computes.
  void set(std::string_view output, Datum value);
  // The output of a model that gives exactly one (of several: the first).
  Status set_single(Datum value);
  // The declared output, if any.
  const Feature* output_feature(std::string_view name) const { return interface_.find_output(name); }

  // To be asked in loops whose length a file or a caller chose: fails when the deadline is over.
  Status tick();

  // In the interface's order; an error if one was not set.
  Result<std::vector<Datum>> take_outputs();

 private:
  const Interface& interface_;
  std::span<const Datum> inputs_;
  const ClassicOptions& options_;
  std::vector<Datum> outputs_;
  unsigned ticks_ = 0;
};

// The numbers of an array or a scalar; an error for text, dictionaries and sequences.
Result<std::vector<double>> numbers_of(const Datum& value);
// A scalar's number.
Result<double> number_of(const Datum& value);

Result<Datum> number_scalar(double value);                                // fp64, []
Result<Datum> integer_scalar(int64_t value);                              // int64, []
Result<Datum> number_array(Shape shape, std::span<const double> values);  // fp64

}  // namespace wf
