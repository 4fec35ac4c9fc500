// How a test tells the double what to do, and asks what it saw. Plain C++.
//
// A script is a set of keys. Faults count: "3" is the next three times, "-1" always, unset or "0" never. The
// environment variable WINDFALL_DOUBLE ("layout=padded;predict.throw=1") is the script that a process starts
// with.
//
//   compile.error .throw .never .late_ms .at_once .vanish     compile.folder=DIR (where results appear)
//   load.error .chain .throw .sleep_ms .hang .die .error_but_fine
//   predict.error .nil .throw .throw_object .throw_cpp .sleep_ms .hang .die .error_but_fine .keep_inputs
//   predict.drop_output=NAME  predict.as_text=NAME  predict.wrong=KIND (see support/wrong_values.h)
//   predict.wrong_dtype=N batch.short   backing=accept|ignore|reject|raise layout=dense|padded|transposed|odd
//   dtype=fp16|fp32|fp64 array.init_fails   array.init_fails_releasing   state.throw   state.strides (the
//   handler's differ)   state.nil dealloc.throw (a model that goes raises)   plan.error .nil .late_ms .never
//   plan.device=cpu|gpu|ane|mixed
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace wf::apple_double {

void reset_script();  // nothing goes wrong; counters of events to zero
void set_script(std::string_view key, std::string_view value);

// For the double itself.
std::string script_text(std::string_view key);  // "" if unset
int64_t script_number(std::string_view key);    // 0 if unset
bool fault(std::string_view key);               // does it happen now? Counts down.
void sleep_if(std::string_view key);  // as many milliseconds as the key says, once per count of "KEY.times"
void hang_if(std::string_view key);   // until release_hanging()

void release_hanging();
int64_t hanging();

// Objects of the double that are alive, by class; classes with none are left out.
std::map<std::string, int64_t> living_objects();
int64_t living();
void count_object(const char* name, int64_t step);

// Events since the last reset_script().
int64_t seen(std::string_view event);  // "predictions", "loads", "compiles", "deallocators", "overlaps", ...
void note(std::string_view event);
std::string last(std::string_view what);  // "units", "function", "reshape", "specialization", "path"
void note_last(std::string_view what, std::string_view value);

// Makes what Foundation makes once and keeps, so that it is not taken for a leak.
void warm_up();

}  // namespace wf::apple_double
