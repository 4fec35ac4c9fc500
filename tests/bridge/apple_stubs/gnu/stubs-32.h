// glibc's headers ask for it where the processor is not this machine's; it lists functions that are not
// there: none.
