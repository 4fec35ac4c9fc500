// As on every processor of 64 bits; glibc's own asks for this machine's by name.
#define __WORDSIZE 64
#define __WORDSIZE_TIME64_COMPAT32 0
#define __SYSCALL_WORDSIZE 64
