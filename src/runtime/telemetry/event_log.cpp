#include "runtime/telemetry/event_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "base/json_writer.h"

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
  JsonWriter line;
  line.begin_object()
      .key("time")
      .text(time_now())
      .key("pid")
      .whole(int64_t{::getpid()})
      .key("event")
      .text(event);
  for (const Field& field : fields) {
    if (const auto* text = std::get_if<std::string_view>(&field.value)) {
      if (!text->empty()) line.key(field.name).text(*text);
    } else if (const auto* number = std::get_if<double>(&field.value)) {
      line.key(field.name).number(*number);
    } else {
      line.key(field.name).whole(std::get<uint64_t>(field.value));
    }
  }
  const std::string text = line.end_object().take() + "\n";
  ssize_t written = -1;
  do {
    written = ::write(descriptor_, text.data(), text.size());
  } while (written < 0 && errno == EINTR);
  if (written != static_cast<ssize_t>(text.size())) ++lost_;
}

}  // namespace wf
