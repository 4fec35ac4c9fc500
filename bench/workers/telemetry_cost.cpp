// What telemetry costs a prediction: the same model with it and without it, by turns.
//
//   telemetry_cost MODEL ROUNDS        a JSON object, microseconds of one of 2000 predictions for each round
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <vector>

#include "lab/generate.h"
#include "runtime/model.h"

namespace {

using namespace wf;  // NOLINT(google-build-using-namespace): a program of one file

double microseconds_of_a_call(const Model& model, const Features& inputs) {
  constexpr int kCalls = 2000;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < kCalls; ++i) {
    if (!model.predict(inputs)) std::abort();
  }
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count() / kCalls;
}

Status measure(const std::string& path, int rounds) {
  WF_TRY(const Model with, Model::load(path, {.engine = "cpu"}));
  WF_TRY(const Model without, Model::load(path, {.engine = "cpu", .telemetry = nullptr}));
  WF_TRY(const Features inputs, generate_inputs(with, 0));
  std::vector<double> with_us, without_us;
  for (int round = -1; round < rounds; ++round) {
    const double first = microseconds_of_a_call(with, inputs),
                 second = microseconds_of_a_call(without, inputs);
    if (round < 0) continue;  // to warm up
    with_us.push_back(first);
    without_us.push_back(second);
  }
  std::cout << nlohmann::json{{"with telemetry", with_us}, {"without telemetry", without_us}} << '\n';
  return {};
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) {
    std::fputs("usage: telemetry_cost MODEL ROUNDS\n", stderr);
    return 2;
  }
  const Status status = measure(arguments[1], std::atoi(arguments[2]));
  if (!status) std::cerr << status.error().to_string() << '\n';
  return status ? 0 : 1;
}
