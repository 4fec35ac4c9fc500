#include "runtime/trial.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/child.h"
#include "base/file.h"
#include "base/sha256.h"
#include "runtime/cache/cache.h"
#include "runtime/platform.h"
#include "tensor/json_text.h"

namespace wf {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using std::chrono::system_clock;

constexpr const char* kProgram = "windfall-trial";
constexpr const char* kSurvived = "windfall-trial: survived";  // the child's last line
constexpr std::chrono::hours kTimeoutRemembered{24};

bool is_program(const fs::path& path) {
  std::error_code code;
  return fs::is_regular_file(path, code) && ::access(path.c_str(), X_OK) == 0;
}

// The file that this code is in: the library, or the program that it is linked into.
fs::path own_file() {
  Dl_info info{};
  std::error_code code;
  if (::dladdr(reinterpret_cast<const void*>(&own_file), &info) == 0 || !info.dli_fname) return {};
  return fs::canonical(info.dli_fname, code);
}

fs::path find_program(const TrialOptions& options) {
  if (!options.program.empty()) return options.program;
  if (const char* named = std::getenv("WINDFALL_TRIAL"); named && *named) return named;
  const fs::path folder = own_file().parent_path();
  if (folder.empty()) return {};
  for (const fs::path& each : {folder / kProgram, folder.parent_path() / "libexec" / "windfall" / kProgram,
                               folder.parent_path().parent_path() / "libexec" / "windfall" / kProgram}) {
    if (is_program(each)) return each;
  }
  return {};
}

// The model as its author wrote it, where the cache gave another form of it.
fs::path source_of(const ModelFile& file, const PrepareOptions& prepare) {
  return prepare.keep.source.empty() ? file.path : prepare.keep.source;
}

struct Note {
  fs::path path;  // "": nothing is remembered
  std::string key;
};

Note note_of(const fs::path& source, const PrepareOptions& prepare, std::string_view engine,
             const TrialOptions& options) {
  const auto from_environment = CacheOptions::from_environment();
  if (!from_environment && options.folder.empty()) return {};
  CacheOptions place = from_environment ? *from_environment : CacheOptions{};
  const fs::path folder = options.folder.empty() ? place.folder / "trials" : options.folder;
  if (place.folder.empty()) place.folder = folder;
  Cache cache(place);
  const auto digest = cache.source_digest(source);
  if (!digest) return {};
  const std::string key = fmt::format("{}:{}:{}:{}:{}:{}:{}", *digest, cache.options().runtime_version,
                                      engine, prepare.function, static_cast<int>(prepare.compute_units),
                                      platform_name(), options.system.empty() ? os_build() : options.system);
  return {folder / (sha256_of(as_bytes(key)).substr(0, 32) + ".json"), key};
}

std::optional<TrialVerdict> recall(const Note& note) {
  constexpr size_t kMostBytes = size_t{1} << 16;
  constexpr int kMaxDepth = 4;
  if (note.path.empty()) return std::nullopt;
  const auto text = read_text_file(note.path, kMostBytes);
  if (!text) return std::nullopt;
  const auto document = parse_json(*text, kMaxDepth);
  if (!document || !(*document)->is_object()) return std::nullopt;
  const Json& json = **document;
  const auto text_at = [&](const char* name) {
    const auto found = json.find(name);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  if (text_at("key") != note.key) return std::nullopt;
  TrialVerdict verdict;
  verdict.text = text_at("text");
  verdict.remembered = true;
  verdict.note = note.path;
  const std::string ending = text_at("ending");
  for (const TrialEnding each : {TrialEnding::kSurvived, TrialEnding::kDied, TrialEnding::kTimedOut}) {
    if (ending == name_of(each)) verdict.ending = each;
  }
  if (verdict.ending == TrialEnding::kNotTried) return std::nullopt;
  if (verdict.ending == TrialEnding::kTimedOut) {
    const auto found = json.find("time");
    const int64_t then = found != json.end() && found->is_number_integer() ? found->get<int64_t>() : 0;
    const auto age = system_clock::now() - system_clock::time_point(std::chrono::seconds(then));
    if (age < age.zero() || age > kTimeoutRemembered) return std::nullopt;
  }
  return verdict;
}

// A verdict that cannot be kept only costs the next process a trial.
void remember(const Note& note, TrialVerdict& verdict) {
  if (note.path.empty()) return;
  const int64_t now =
      std::chrono::duration_cast<std::chrono::seconds>(system_clock::now().time_since_epoch()).count();
  const Json json = {{"key", note.key},
                     {"ending", std::string(name_of(verdict.ending))},
                     {"text", verdict.text},
                     {"time", now}};
  std::error_code code;
  fs::create_directories(note.path.parent_path(), code);
  if (write_file(note.path, json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n"))
    verdict.note = note.path;
}

std::string last_line(std::string text) {
  constexpr size_t kMost = 300;
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  if (const size_t at = text.rfind('\n'); at != std::string::npos) text.erase(0, at + 1);
  return text.substr(0, kMost);
}

TrialVerdict judge(const ChildEnd& end, const TrialOptions& options) {
  const std::string last = last_line(end.output);
  if (end.how == ChildEnd::How::kKilled)
    return {
        TrialEnding::kTimedOut, fmt::format("did not end within {} ms", options.deadline.count()), false, {}};
  // What the child says counts: an exit code may also be that of a program that never began.
  if (last.starts_with(kSurvived) && end.how != ChildEnd::How::kSignalled)
    return {TrialEnding::kSurvived, last.substr(std::strlen(kSurvived)), false, {}};
  std::string how = "ended without a word";
  if (end.how == ChildEnd::How::kSignalled)
    how = fmt::format("died of signal {} ({})", end.number, ::strsignal(end.number));
  else if (end.how == ChildEnd::How::kExited)
    how = fmt::format("ended without a word, with exit code {}", end.number);
  return {
      TrialEnding::kDied, last.empty() ? how : fmt::format("{}; its last words: {}", how, last), false, {}};
}

}  // namespace

std::string_view name_of(TrialEnding ending) {
  switch (ending) {
    case TrialEnding::kSurvived:
      return "survived";
    case TrialEnding::kDied:
      return "died";
    case TrialEnding::kTimedOut:
      return "timed out";
    case TrialEnding::kNotTried:
      return "not tried";
  }
  return "";
}

TrialVerdict try_model(const ModelFile& file, const PrepareOptions& prepare, std::string_view engine,
                       const TrialOptions& options) {
  TrialVerdict verdict;
  const fs::path source = source_of(file, prepare);
  std::error_code code;
  if (!fs::exists(source, code)) {
    verdict.text = "the model is in no file";
    return verdict;
  }
  const Note note = note_of(source, prepare, engine, options);
  if (auto known = recall(note)) return *std::move(known);
  const fs::path program = find_program(options);
  if (program.empty()) {
    verdict.text = fmt::format("{} is not installed", kProgram);
    return verdict;
  }
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(options.deadline).count() + 1;
  const std::string cache = prepare.keep.cache ? prepare.keep.cache->options().folder.string() : "";
  const auto end =
      run_child(program,
                {source.string(), std::string(engine), prepare.function,
                 std::to_string(static_cast<int>(prepare.compute_units)), std::to_string(seconds), cache},
                options.deadline);
  if (!end) {
    verdict.text = end.error().to_string();
    return verdict;
  }
  verdict = judge(*end, options);
  remember(note, verdict);
  return verdict;
}

Status to_status(const TrialVerdict& verdict) {
  if (verdict.ending == TrialEnding::kSurvived || verdict.ending == TrialEnding::kNotTried) return {};
  return Error(
      ErrorCode::kEnvironment,
      fmt::format("tried in a child process{}, the model {}", verdict.remembered ? " before" : "",
                  verdict.text),
      {},
      verdict.note.empty()
          ? std::string()
          : fmt::format("not tried again until the system or Windfall is another one, or {} is deleted",
                        verdict.note.string()));
}

}  // namespace wf
