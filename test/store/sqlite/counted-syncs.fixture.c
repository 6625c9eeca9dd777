/* Stands before libc: each sync leaves a line with the name of its file in the file named by COUNTED_SYNCS. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int fsync(int fd) {
  const char *list = getenv("COUNTED_SYNCS");
  char link[64], line[4097];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, line, sizeof line - 1);
  int out = list == NULL ? -1 : open(list, O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (out >= 0 && length > 0) {
    line[length] = '\n';
    (void)!write(out, line, (size_t)length + 1);
  }
  if (out >= 0) {
    close(out);
  }
  return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd) { return fsync(fd); }
