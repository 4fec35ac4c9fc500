// Plain C++ for the Objective-C++ files: failures filled in, exceptions of C++ stopped.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "bridge/apple/bridge.h"

namespace wf::bridge {

// Fills `failure`, if there is one, and returns `code`.
int fail(wfa_failure* failure, int code, std::string_view text, std::string_view hint = {});
// The same from an error of ours; its code decides.
int fail(wfa_failure* failure, const Error& error);

// What `body` returns; WFA_INTERNAL (WFA_ENVIRONMENT for want of memory) where it throws.
int catching_cpp(wfa_failure* failure, const std::function<int()>& body);

char* copy_text(std::string_view text);  // freed by wfa_free_text

// Says that memory is no longer used: once, whether Core ML says so, or drops the block that would have said
// it, or never took the memory.
class Lease {
 public:
  Lease(void (*release)(void*), void* context) : release_(release), context_(context) {}
  Lease(const Lease&) = delete;
  ~Lease() { end(); }
  void end();

 private:
  std::atomic<void (*)(void*)> release_;
  void* context_;
};

}  // namespace wf::bridge
