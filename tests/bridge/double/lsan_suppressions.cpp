// What GNUstep keeps for as long as the process lives is no leak of the bridge's. In the program itself, so
// that it also holds where nobody sets LSAN_OPTIONS: when CMake asks it for its tests.
extern "C" __attribute__((visibility("default"), used)) const char* __lsan_default_suppressions() {
  return "leak:^objc_malloc$\n"
         "leak:^class_copyMethodList$\n"
         "leak:^objc_exception_throw$\n";
}
