#include "runtime/telemetry/event_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <nlohmann/json.hpp>

namespace wf {
namespace {

std::string time_now() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  tm parts{};
  ::gmtime_r(&now.tv_sec, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, now.tv_nsec / 1000);
}

}  // namespace

Result<std::unique_ptr<EventLog>> EventLog::open(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) {
    return Error(ErrorCode::kEnvironment, fmt::format("cannot append to it: {}", std::strerror(errno)))
        .in_file(path.string());
  }
  return std::unique_ptr<EventLog>(new EventLog(descriptor));
}

EventLog::~EventLog() { ::close(descriptor_); }

void EventLog::write(std::string_view event, std::initializer_list<Field> fields) {
  nlohmann::ordered_json line = {{"time", time_now()}, {"pid", ::getpid()}, {"event", event}};
  for (const Field& field : fields) {
    std::visit(
        [&](const auto& value) {
          if constexpr (std::is_same_v<std::remove_cvref_t<decltype(value)>, std::string_view>) {
            if (value.empty()) return;
          }
          line[std::string(field.name)] = value;
        },
        field.value);
  }
  const std::string text = line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  ssize_t written = -1;
  do {
    written = ::write(descriptor_, text.data(), text.size());
  } while (written < 0 && errno == EINTR);
  if (written != static_cast<ssize_t>(text.size())) ++lost_;
}

}  // namespace wf
