// Version 2: the library itself, errors, the log, options.
#include <shared_mutex>

#include "api/c_objects.h"
#include "api/compile_for_abi.h"
#include "api/owned_strings.h"
#include "base/utf8.h"
#include "runtime/cache/cache.h"

namespace wf::api {
namespace {

const char kNoMemoryMark = 0;  // its address is the handle: no table knows it

struct Log {
  std::shared_mutex mutex;
  windfall_log_fn function = nullptr;
  void* context = nullptr;
  int32_t level = WINDFALL_LOG_ERROR;
};
Log& log() {
  static Log& one = *new Log;
  return one;
}

void write_log(int32_t level, std::string_view text) {
  const std::shared_lock lock(log().mutex);
  if (!log().function || level > log().level) return;
  const std::string words = well_formed(text);
  log().function(log().context, level, words.c_str());
}

bool is_no_memory(const windfall_error_t* error) { return static_cast<const void*>(error) == &kNoMemoryMark; }

// What `pick` finds in the error, which lives on in the table after the look-up.
template <class Pick>
auto of_error(const windfall_error_t* error, Pick&& pick,
              decltype(pick(std::declval<ErrorObject&>())) otherwise) {
  const auto object = table<ErrorObject>().find(error);
  return object ? pick(*object) : otherwise;
}

}  // namespace

windfall_error_t* out_of_memory_error() {
  return reinterpret_cast<windfall_error_t*>(const_cast<char*>(&kNoMemoryMark));
}

windfall_error_t* error_handle(const Error& error) {
  auto object = std::make_shared<ErrorObject>();
  object->error = error;
  object->error.hint.clear();
  object->message = well_formed(object->error.to_string());
  object->error.hint = well_formed(error.hint);
  write_log(WINDFALL_LOG_ERROR, object->message);
  windfall_error_t* handle = nullptr;
  give(std::move(object), &handle);
  return handle;
}

void log_info(std::string_view text) { write_log(WINDFALL_LOG_INFO, text); }

}  // namespace wf::api

using namespace wf::api;  // NOLINT(google-build-using-namespace): nothing but the C functions follows
using wf::Status;

extern "C" {

int32_t windfall_abi(void) { return WINDFALL_ABI; }
const char* windfall_version(void) { return WINDFALL_VERSION_TEXT; }

int32_t windfall_error_code(const windfall_error_t* error) {
  if (is_no_memory(error)) return WINDFALL_ENVIRONMENT;
  return of_error(
      error, [](const ErrorObject& e) { return static_cast<int32_t>(e.error.code); }, WINDFALL_OK);
}

const char* windfall_error_message(const windfall_error_t* error) {
  if (is_no_memory(error)) return kOutOfMemoryText;
  return of_error(error, [](const ErrorObject& e) { return e.message.c_str(); }, "");
}

const char* windfall_error_hint(const windfall_error_t* error) {
  return of_error(error, [](const ErrorObject& e) { return e.error.hint.c_str(); }, "");
}

void windfall_error_free(windfall_error_t* error) { free_object<ErrorObject>(error); }

void windfall_set_log(windfall_log_fn function, void* context, int32_t most_detailed_level) {
  const std::unique_lock lock(log().mutex);
  log().function = function;
  log().context = context;
  log().level = most_detailed_level;
}

windfall_error_t* windfall_options_new(windfall_options_t** out) {
  return checked([&]() -> Status {
    if (!out) return refuse("out is NULL");
    *out = nullptr;
    auto options = std::make_shared<OptionsObject>();
    options->load.engine = engine_for_abi();
    give(std::move(options), out);
    return {};
  });
}

void windfall_options_free(windfall_options_t* options) { free_object<OptionsObject>(options); }

windfall_error_t* windfall_options_set_engine(windfall_options_t* options, const char* engine) {
  return checked([&]() -> Status {
    WF_TRY(const auto object, object_of<OptionsObject>(options, "options"));
    if (!engine) return refuse("engine is NULL");
    const auto found = wf::find_engine(engine);
    if (!found) return found.error();
    object->load.engine = engine;
    return {};
  });
}

windfall_error_t* windfall_options_set_function(windfall_options_t* options, const char* function) {
  return checked([&]() -> Status {
    WF_TRY(const auto object, object_of<OptionsObject>(options, "options"));
    if (!function) return refuse("function is NULL");
    object->load.prepare.function = function;
    return {};
  });
}

windfall_error_t* windfall_options_set_compute_units(windfall_options_t* options, int32_t compute_units) {
  return checked([&]() -> Status {
    WF_TRY(const auto object, object_of<OptionsObject>(options, "options"));
    if (compute_units < 0 || compute_units > 3)
      return refuse(fmt::format("compute_units is {}, expected 0 to 3", compute_units));
    object->load.prepare.compute_units = static_cast<wf::ComputeUnits>(compute_units);
    return {};
  });
}

windfall_error_t* windfall_options_set_cache(windfall_options_t* options, int32_t use_cache) {
  return checked([&]() -> Status {
    WF_TRY(const auto object, object_of<OptionsObject>(options, "options"));
    if (use_cache != 0 && use_cache != 1)
      return refuse(fmt::format("use_cache is {}, expected 0 or 1", use_cache));
    object->load.cache = nullptr;
    if (use_cache) {
      WF_TRY(object->load.cache, wf::Cache::shared());
    }
    return {};
  });
}

windfall_error_t* windfall_options_set_deadline_ms(windfall_options_t* options, int64_t milliseconds) {
  return checked([&]() -> Status {
    WF_TRY(const auto object, object_of<OptionsObject>(options, "options"));
    WF_CHECK(check_deadline(milliseconds));
    object->deadline_ms = milliseconds;
    return {};
  });
}

}  // extern "C"
