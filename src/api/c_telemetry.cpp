// Version 2: what the process did, as text.
#include "api/c_objects.h"
#include "api/owned_strings.h"
#include "runtime/telemetry/telemetry.h"

using namespace wf::api;  // NOLINT(google-build-using-namespace): nothing but the C functions follows
using wf::Status;

extern "C" {

windfall_error_t* windfall_telemetry_snapshot(int32_t format, const char** out) {
  return checked([&]() -> Status {
    if (!out) return refuse("out is NULL");
    *out = nullptr;
    if (format != WINDFALL_JSON && format != WINDFALL_PROMETHEUS)
      return refuse(fmt::format("format is {}, expected 0 (JSON) or 1 (Prometheus)", format));
    const wf::TelemetrySnapshot snapshot = wf::Telemetry::process().snapshot();
    *out = give_string(format == WINDFALL_JSON ? to_json(snapshot) : to_prometheus(snapshot));
    return {};
  });
}

void windfall_text_free(const char* text) { free_string(text); }

}  // extern "C"
