/* A file system without locks, as some network file systems are: flock(2) answers ENOSYS. */
#include <errno.h>
int flock(int fd, int op) { (void)fd; (void)op; errno = ENOSYS; return -1; }
