// For the programs over the double: GNUstep keeps memory that it does not point to any more, and its frames
// cannot be told from the bridge's. Leaks are looked for in the tests, which count every object of the
// double.
extern "C" __attribute__((visibility("default"), used)) int __lsan_is_turned_off() { return 1; }
