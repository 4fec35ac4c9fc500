// A log for machines: one JSON object a line, one line an event.
//
//   {"time":"2026-11-21T21:09:56.123456Z","pid":17,"event":"predict","model":"m.mlpackage","engine":"cpu",...}
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <variant>

#include "base/error.h"

namespace wf {

class EventLog {
 public:
  struct Field {
    std::string_view name;
    std::variant<std::string_view, double, uint64_t> value;
  };

  // The file is made if it is not there and appended to if it is.
  static Result<std::unique_ptr<EventLog>> open(const std::filesystem::path& path);
  ~EventLog();
  EventLog(const EventLog&) = delete;
  EventLog& operator=(const EventLog&) = delete;

  // A line is written at once, by one call: lines of several threads and processes do not mix. Empty texts
  // are left out; what is not UTF-8 is replaced.
  void write(std::string_view event, std::initializer_list<Field> fields);
  // Lines that the system did not take (a full disk).
  uint64_t lost() const { return lost_; }

 private:
  explicit EventLog(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
  std::atomic<uint64_t> lost_{0};
};

}  // namespace wf
