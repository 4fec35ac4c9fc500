#include "session.h"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>

namespace wf::tool {
namespace {

std::atomic<bool> interrupt_seen{false};

void on_interrupt(int signal) {
  interrupt_seen.store(true);
  std::signal(signal, SIG_DFL);
}

}  // namespace

void Session::print(std::string_view text) const { std::fwrite(text.data(), 1, text.size(), stdout); }

void Session::tell(std::string_view line) const {
  std::fwrite(line.data(), 1, line.size(), stderr);
  std::fputc('\n', stderr);
}

void Session::print_json(std::string_view verb, const Json& body) const {
  Json document = {{"schema", fmt::format("windfall.{}/1", verb)}};
  document.update(body);
  // Names in a file may be any bytes: what is not UTF-8 is replaced, not a reason to fail.
  print(document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

void Session::finish(Result<int> outcome) {
  if (outcome) {
    exit_code_ = *outcome;
    return;
  }
  exit_code_ = interrupted() ? kInterrupted : exit_code_of(outcome.error().code);
  if (json) {
    print_json("error", {{"error", error_json(outcome.error())}});
  } else {
    tell("windfall: " + outcome.error().to_string());
  }
}

bool Session::colours() const {
  const auto is_set = [](const char* name) {
    const char* value = std::getenv(name);
    return value && *value && std::string_view(value) != "0";
  };
  return !json && !is_set("NO_COLOR") && (is_set("CLICOLOR_FORCE") || isatty(STDOUT_FILENO) == 1);
}

std::string Session::styled(std::string_view code, std::string_view text) const {
  return colours() ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

const std::atomic<bool>& Session::interrupted() { return interrupt_seen; }
void Session::watch_interrupts() { std::signal(SIGINT, on_interrupt); }

Json error_json(const Error& error) {
  Json json = {{"code", std::string(name_of(error.code))}, {"message", error.message}, {"hint", error.hint}};
  if (!error.file.empty()) json["file"] = error.file;
  if (!error.where.empty()) json["where"] = error.where;
  return json;
}

}  // namespace wf::tool
