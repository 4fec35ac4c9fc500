// One call of the command: where its output goes and how it ends.
#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "base/error.h"
#include "exit_code.h"
#include "lab/datum_json.h"

namespace wf::tool {

// Data goes to standard output, talk to standard error. With --json the data is one JSON document, errors
// included; text may change between versions, JSON may only grow.
class Session {
 public:
  bool json = false;

  void print(std::string_view text) const;  // data: standard output
  void tell(std::string_view line) const;   // talk: standard error, a newline is added
  // The document {"schema": "windfall.VERB/1", ...}.
  void print_json(std::string_view verb, const Json& body) const;

  void finish(Result<int> outcome);  // prints the error, if any
  int exit_code() const { return exit_code_; }

  // Colours only on a terminal, or with CLICOLOR_FORCE set; never with NO_COLOR set (no-color.org,
  // bixense.com/clicolors).
  bool colours() const;
  std::string bold(std::string_view text) const { return styled("1", text); }
  std::string dim(std::string_view text) const { return styled("2", text); }
  std::string good(std::string_view text) const { return styled("32", text); }
  std::string bad(std::string_view text) const { return styled("31", text); }

  // Set by Ctrl-C; a second Ctrl-C kills at once.
  static const std::atomic<bool>& interrupted();
  static void watch_interrupts();

 private:
  std::string styled(std::string_view code, std::string_view text) const;
  int exit_code_ = kOk;
};

// "bad_model" and so on, with everything the error knows.
Json error_json(const Error& error);

}  // namespace wf::tool
