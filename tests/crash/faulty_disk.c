/* Preloaded into a program under test: its disk fails while a file says so.
 *
 *   FAULTY_DISK=FILE LD_PRELOAD=libfaulty_disk.so bb serve ...
 *
 * FILE holds one word: "full" (nothing can be reserved or extended: ENOSPC), "sync" (fdatasync
 * fails: EIO), or nothing. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fault_is(const char* word) {
  char text[16] = {0};
  const char* path = getenv("FAULTY_DISK");
  int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (fd < 0) return 0;
  ssize_t size = read(fd, text, sizeof text - 1);
  close(fd);
  return size > 0 && strncmp(text, word, strlen(word)) == 0;
}

int fdatasync(int fd) {
  static int (*real)(int);
  if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  if (fault_is("sync")) {
    errno = EIO;
    return -1;
  }
  return real(fd);
}

int posix_fallocate(int fd, off_t offset, off_t size) {
  static int (*real)(int, off_t, off_t);
  if (!real) real = (int (*)(int, off_t, off_t))dlsym(RTLD_NEXT, "posix_fallocate");
  return fault_is("full") ? ENOSPC : real(fd, offset, size);
}

int posix_fallocate64(int fd, off64_t offset, off64_t size) {
  static int (*real)(int, off64_t, off64_t);
  if (!real) real = (int (*)(int, off64_t, off64_t))dlsym(RTLD_NEXT, "posix_fallocate64");
  return fault_is("full") ? ENOSPC : real(fd, offset, size);
}
