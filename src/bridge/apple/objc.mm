#include "bridge/apple/objc.h"

#include "base/utf8.h"

namespace wf::bridge {
namespace {

// The chain below an error, outermost first. A chain that bites its tail ends.
std::vector<NativeError> chain_of(NSError* error) {
  std::vector<NativeError> chain;
  constexpr size_t kDeepest = 16;
  while (error && chain.size() < kDeepest) {
    chain.push_back(
        {text_of([error domain]), static_cast<int64_t>([error code]), text_of([error localizedDescription])});
    id below = [[error userInfo] objectForKey:NSUnderlyingErrorKey];
    error = [below isKindOfClass:[NSError class]] ? below : nil;
  }
  return chain;
}

}  // namespace

NSURL* url_of(const std::string& path, bool is_folder) {
  NSString* text = decode_utf8(path) ? [NSString stringWithUTF8String:path.c_str()] : nil;
  return text ? [NSURL fileURLWithPath:text isDirectory:is_folder] : nil;
}

NSArray<NSNumber*>* ns_numbers(const std::vector<int64_t>& numbers) {
  NSMutableArray<NSNumber*>* array = [NSMutableArray arrayWithCapacity:numbers.size()];
  for (const int64_t number : numbers) [array addObject:@(number)];
  return array;
}

std::vector<int64_t> numbers_of(NSArray<NSNumber*>* numbers) {
  std::vector<int64_t> out;
  for (NSNumber* number in numbers) out.push_back([number longLongValue]);
  return out;
}

int fail_with(wfa_failure* failure, NSError* error, std::string_view doing) {
  const std::vector<NativeError> chain = chain_of(error);
  return fail(failure, WFA_ERROR, std::string(doing) + ": " + chain_text(chain), hint_of(chain));
}

int fail_with(wfa_failure* failure, NSException* exception) {
  return fail(failure, WFA_EXCEPTION,
              "Core ML raised " + text_of([exception name]) + ": " + text_of([exception reason]));
}

void Completion::arrived(id object, NSError* error) {
  const std::lock_guard lock(mutex_);
  if (done_) return;
  object_ = Ref<id>::retained(object);
  error_ = Ref<NSError*>::retained(error);
  done_ = true;
  here_.notify_all();
}

int Completion::wait(wfa_failure* failure, std::string_view doing, id* out) {
  std::unique_lock lock(mutex_);
  here_.wait(lock, [this] { return done_; });
  // What counts is the object: an error may be set though all went well.
  if (!object_) return fail_with(failure, error_.get(), doing);
  *out = [[object_.get() retain] autorelease];
  return WFA_OK;
}

}  // namespace wf::bridge

extern "C" {

#ifdef GNUSTEP
BOOL GSRegisterCurrentThread(void);
void GSUnregisterCurrentThread(void);
void wfa_thread_begin(void) { GSRegisterCurrentThread(); }
void wfa_thread_end(void) { GSUnregisterCurrentThread(); }
#else  // threads of any kind are at home in Apple's Foundation
void wfa_thread_begin(void) {}
void wfa_thread_end(void) {}
#endif

}  // extern "C"
