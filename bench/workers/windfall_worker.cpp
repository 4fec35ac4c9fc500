// Windfall as a worker of the benchmark; workers/protocol.py tells the commands.
//
//   windfall_worker ENGINE INPUT.safetensors
//
// The threads come from WINDFALL_THREADS, as for everybody.
#include <chrono>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "runtime/model.h"
#include "tensor/safetensors.h"

namespace wf::bench {
namespace {

using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point began) {
  return std::chrono::duration<double, std::milli>(Clock::now() - began).count();
}

Json failure(const Error& error) { return {{"error", error.to_string()}}; }

// VmRSS and VmHWM of this process; the kernel writes them in kB.
Json memory() {
  std::ifstream status("/proc/self/status");
  Json answer;
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) answer["now_kb"] = std::stoll(line.substr(6));
    if (line.starts_with("VmHWM:")) answer["peak_kb"] = std::stoll(line.substr(6));
  }
  return answer;
}

class Worker {
 public:
  Worker(std::string engine, Features inputs) : engine_(std::move(engine)), inputs_(std::move(inputs)) {}

  Json obey(const std::string& command, const std::string& argument) {
    if (command == "load") return load(argument);
    if (command == "run") return run(std::stoi(argument));
    if (command == "output") return output(argument);
    if (command == "memory") return memory();
    return {{"error", "no command " + command}};
  }

 private:
  Json load(const std::string& path) {
    const auto began = Clock::now();
    auto model = Model::load(path, {.engine = engine_, .prepare = {}});
    if (!model) return failure(model.error());
    model_ = *std::move(model);
    return {{"ms", milliseconds_since(began)}};
  }

  Json run(int count) {
    if (!model_) return {{"error", "no model is loaded"}};
    Json times = Json::array();
    for (int i = 0; i < count; ++i) {
      const auto began = Clock::now();
      auto outputs = model_->predict(inputs_);
      if (!outputs) return failure(outputs.error());
      outputs_ = *std::move(outputs);
      times.push_back(milliseconds_since(began));
    }
    return {{"ms", times}};
  }

  Json output(const std::string& path) {
    NamedTensors tensors;
    for (const auto& [name, value] : outputs_)
      if (const Tensor* tensor = value.tensor()) tensors.emplace_back(name, *tensor);
    const Status written = write_safetensors(path, tensors);
    return written ? Json::object() : failure(written.error());
  }

  std::string engine_;
  Features inputs_, outputs_;
  std::optional<Model> model_;
};

int serve(const std::string& engine, const std::string& input_file) {
  auto tensors = read_safetensors(input_file);
  if (!tensors) {
    std::cout << failure(tensors.error()) << std::endl;
    return 1;
  }
  Features inputs;
  for (auto& [name, tensor] : *tensors) inputs.emplace_back(name, std::move(tensor));
  Worker worker(engine, std::move(inputs));
  std::cout << Json{{"version", WINDFALL_VERSION}} << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    const auto space = line.find(' ');
    const std::string argument = space == std::string::npos ? "" : line.substr(space + 1);
    std::cout << worker.obey(line.substr(0, space), argument) << std::endl;
  }
  return 0;
}

}  // namespace
}  // namespace wf::bench

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: windfall_worker ENGINE INPUT.safetensors\n";
    return 2;
  }
  return wf::bench::serve(argv[1], argv[2]);
}
