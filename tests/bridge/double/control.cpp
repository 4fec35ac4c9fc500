#include "bridge/double/control.h"

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>

namespace wf::apple_double {
namespace {

struct Control {
  std::mutex mutex;
  std::condition_variable released;
  std::map<std::string, std::string, std::less<>> script, last;
  std::map<std::string, int64_t, std::less<>> events, objects;
  int64_t hanging = 0, releases = 0;

  Control() {
    const char* text = std::getenv("WINDFALL_DOUBLE");
    std::string_view rest(text ? text : "");
    while (!rest.empty()) {
      const std::string_view entry = rest.substr(0, rest.find(';'));
      rest.remove_prefix(std::min(rest.size(), entry.size() + 1));
      if (const size_t equals = entry.find('='); equals != std::string_view::npos)
        script.insert_or_assign(std::string(entry.substr(0, equals)), std::string(entry.substr(equals + 1)));
    }
  }
};

// Never destroyed: threads of hung calls may outlive main().
Control& control() {
  static Control* const only = new Control;
  return *only;
}

}  // namespace

void reset_script() {
  Control& c = control();
  const std::lock_guard lock(c.mutex);
  c.script.clear();
  c.events.clear();
  c.last.clear();
}

void set_script(std::string_view key, std::string_view value) {
  Control& c = control();
  const std::lock_guard lock(c.mutex);
  c.script.insert_or_assign(std::string(key), std::string(value));
}

std::string script_text(std::string_view key) {
  Control& c = control();
  const std::lock_guard lock(c.mutex);
  const auto found = c.script.find(key);
  return found == c.script.end() ? "" : found->second;
}

int64_t script_number(std::string_view key) { return std::atoll(script_text(key).c_str()); }

bool fault(std::string_view key) {
  Control& c = control();
  const std::lock_guard lock(c.mutex);
  const auto found = c.script.find(key);
  if (found == c.script.end()) return false;
  const int64_t times = std::atoll(found->second.c_str());
  if (times > 0) found->second = std::to_string(times - 1);
  return times != 0;
}

void sleep_if(std::string_view key) {
  const int64_t milliseconds = script_number(key);
  if (milliseconds <= 0) return;
  const std::string times = std::string(key) + ".times";
  if (!script_text(times).empty() && !fault(times)) return;
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

void hang_if(std::string_view key) {
  if (!fault(key)) return;
  Control& c = control();
  std::unique_lock lock(c.mutex);
  const int64_t releases = c.releases;
  ++c.hanging;
  c.released.wait(lock, [&] { return c.releases != releases; });
  --c.hanging;
}

void release_hanging() {
  Control& c = control();
  const std::lock_guard lock(c.mutex);
  ++c.releases;
  c.released.notify_all();
}

int64_t hanging() {
  Control& c = control();
  const std::lock_guard lock(c.mutex);
  return c.hanging;
}

std::map<std::string, int64_t> living_objects() {
  Control& c = control();
  const std::lock_guard lock(c.mutex);
  std::map<std::string, int64_t> out;
  for (const auto& [name, count] : c.objects) {
    if (count != 0) out[name] = count;
  }
  return out;
}

int64_t living() {
  int64_t sum = 0;
  for (const auto& [name, count] : living_objects()) sum += count;
  return sum;
}

void count_object(const char* name, int64_t step) {
  Control& c = control();
  const std::lock_guard lock(c.mutex);
  c.objects[name] += step;
}

int64_t seen(std::string_view event) {
  Control& c = control();
  const std::lock_guard lock(c.mutex);
  const auto found = c.events.find(event);
  return found == c.events.end() ? 0 : found->second;
}

void note(std::string_view event) {
  Control& c = control();
  const std::lock_guard lock(c.mutex);
  ++c.events[std::string(event)];
}

std::string last(std::string_view what) {
  Control& c = control();
  const std::lock_guard lock(c.mutex);
  const auto found = c.last.find(what);
  return found == c.last.end() ? "" : found->second;
}

void note_last(std::string_view what, std::string_view value) {
  Control& c = control();
  const std::lock_guard lock(c.mutex);
  c.last.insert_or_assign(std::string(what), std::string(value));
}

}  // namespace wf::apple_double
