// What concerns the process: its log, what it did, the library. Part of windfall/windfall.hpp.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "windfall/cpp/result.hpp"

namespace windfall {

inline std::string_view version() { return windfall_version(); }

enum class LogLevel : std::int32_t { kError = WINDFALL_LOG_ERROR, kInfo = WINDFALL_LOG_INFO };
using LogFunction = std::function<void(LogLevel level, std::string_view text)>;

// Models loaded and freed (info), calls that failed (error); from any thread, several at once. The function
// must not call into Windfall. What it throws is dropped. {}: no log.
inline void set_log(LogFunction log, LogLevel most_detailed = LogLevel::kError) {
  static std::mutex mutex;
  static LogFunction* current = nullptr;  // for ever: threads may log while the process ends
  auto next = log ? std::make_unique<LogFunction>(std::move(log)) : nullptr;
  const std::lock_guard lock(mutex);
  if (next) {
    windfall_set_log(
        [](void* context, std::int32_t level, const char* text) {
          try {
            (*static_cast<LogFunction*>(context))(static_cast<LogLevel>(level), text);
          } catch (...) {  // there is nobody to tell
          }
        },
        next.get(), static_cast<std::int32_t>(most_detailed));
  } else {
    windfall_set_log(nullptr, nullptr, WINDFALL_LOG_ERROR);
  }
  // Nobody is in the one before any more.
  const std::unique_ptr<LogFunction> before(std::exchange(current, next.release()));
}

enum class TelemetryFormat : std::int32_t { kJson = WINDFALL_JSON, kPrometheus = WINDFALL_PROMETHEUS };
// What this process has done through any interface, counted and timed.
inline Result<std::string> telemetry(TelemetryFormat format = TelemetryFormat::kJson) {
  const char* text = nullptr;
  if (windfall_error_t* error = windfall_telemetry_snapshot(static_cast<std::int32_t>(format), &text))
    return detail::taken(error);
  struct Free {
    void operator()(const char* given) const noexcept { windfall_text_free(given); }
  };
  const std::unique_ptr<const char, Free> owned(text);
  return std::string(text);
}

}  // namespace windfall
