#include "api/owned_strings.h"

#include <memory>
#include <mutex>
#include <unordered_map>

#include "api/guard.h"
#include "base/utf8.h"

namespace wf::api {
namespace {

struct Given {
  std::mutex mutex;
  std::unordered_map<const char*, std::unique_ptr<const std::string>> strings;  // by where they begin
};

Given& given() {
  static Given& all = *new Given;  // outlives whoever frees a string while the process ends
  return all;
}

}  // namespace

const char* give_string(std::string_view text) {
  auto copy = std::make_unique<const std::string>(well_formed(text));
  const char* address = copy->c_str();
  const std::lock_guard lock(given().mutex);
  given().strings.emplace(address, std::move(copy));
  return address;
}

const char* out_of_memory_string() { return kOutOfMemoryText; }

bool free_string(const char* text) noexcept {
  const std::lock_guard lock(given().mutex);
  return given().strings.erase(text) == 1;
}

}  // namespace wf::api
