// What the bridge's Objective-C++ files share. Manual retain and release: the same source is compiled for
// Apple's runtime and, in tests, for GNUstep's, which knows no ARC; only Ref releases.
#pragma once

#import <CoreML/CoreML.h>
#import <Foundation/Foundation.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bridge/apple/bridge.h"
#include "bridge/apple/guard.h"
#include "bridge/error_text.h"
#include "bridge/facts.h"

#if __has_feature(objc_arc)
#error "compile with -fno-objc-arc"
#endif

namespace wf::bridge {

// One reference to an object.
template <class T>
class Ref {
 public:
  Ref() = default;
  static Ref adopted(T object) {  // takes the reference that alloc, new and copy give
    Ref ref;
    ref.object_ = object;
    return ref;
  }
  static Ref retained(T object) { return adopted([object retain]); }
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nil)) {}
  Ref& operator=(Ref&& other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  Ref(const Ref&) = delete;
  ~Ref() {
    @try {
      [object_ release];
    } @catch (id) {  // raised while an object goes away: what it held leaks, and nothing else is harmed
    }
  }

  T get() const { return object_; }
  explicit operator bool() const { return object_ != nil; }

 private:
  T object_ = nil;
};

inline std::string text_of(NSString* text) {
  const char* bytes = [text UTF8String];
  return bytes ? bytes : "";
}
inline NSString* ns_text(
    const std::string& text) {  // texts that came in are made UTF-8 first, so this is not nil
  return [NSString stringWithUTF8String:to_utf8(text.c_str()).c_str()];
}
// Nil for bytes that are no UTF-8: no path on Apple's file systems is.
NSURL* url_of(const std::string& path, bool is_folder);

NSArray<NSNumber*>* ns_numbers(const std::vector<int64_t>& numbers);
std::vector<int64_t> numbers_of(NSArray<NSNumber*>* numbers);

int fail_with(wfa_failure* failure, NSError* error, std::string_view doing);
int fail_with(wfa_failure* failure, NSException* exception);

// Every entry into the bridge: one autorelease pool, every exception a return code. Exceptions end inside the
// pool: one that flies past does not drain it. Those of C++ are caught in guard.cpp, since a `catch` in an
// Objective-C++ file is not honoured by every runtime.
template <class Body>
int guarded(wfa_failure* failure, const Body& body) {
  int code = WFA_INTERNAL;
  @try {
    @autoreleasepool {
      code = catching_cpp(failure, [&]() -> int {
        @try {
          return body();
        } @catch (NSException* exception) {
          return fail_with(failure, exception);
        }
      });
    }
  } @catch (id) {  // raised by an object that went with the pool: the answer is there already
  }
  return code;
}

// Where Core ML's completion handlers put what they bring. The handler keeps it alive, so one that comes
// late, on whatever thread, finds it.
class Completion {
 public:
  void arrived(id object, NSError* error);
  // Blocks until then. What arrived (an autoreleased object), or nil and the failure filled.
  int wait(wfa_failure* failure, std::string_view doing, id* out);

 private:
  std::mutex mutex_;
  std::condition_variable here_;
  bool done_ = false;
  Ref<id> object_;
  Ref<NSError*> error_;
};

Ref<MLModelConfiguration*> configuration_of(const wfa_load_options& options);

}  // namespace wf::bridge

struct wfa_model {
  wf::bridge::Ref<MLModel*> model;
};
