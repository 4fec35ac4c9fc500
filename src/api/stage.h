// Names the stages of a call through the C interfaces, so that tests can make each of them fail. A build
// without WINDFALL_DEVELOPER has nothing of it.
#pragma once

namespace wf::api {

#ifdef WINDFALL_STAGE_HOOK
// Called at every stage if it is set; may throw. Tests set it while no call is under way.
using StageHook = void (*)(const char* stage);
extern StageHook stage_hook;
inline void enter_stage(const char* stage) {
  if (stage_hook) stage_hook(stage);
}
#else
inline void enter_stage(const char*) {}
#endif

}  // namespace wf::api
