// Preloaded into the program (LD_PRELOAD) by scripts/check_starved: counts the operations that change files below the folder
// FAULT_FOLDER, and lets some of them fail. Glibc on Linux.
//
// FAULT_AT=N      the N-th fails, counted from 1; with FAULT_FROM=N it and all later ones that need space
// FAULT_ERROR=E   with this error number
// FAULT_LOCK=E    every lock of a file fails with this error number
// FAULT_COUNT=F   the number of operations is written to this file at the end
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_long count;

static long number(const char *name) {
    const char *text = getenv(name);
    return text ? atol(text) : 0;
}

static int below(const char *path) {
    const char *folder = getenv("FAULT_FOLDER");
    return folder && path && strncmp(path, folder, strlen(folder)) == 0;
}

static int file_below(int file) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return below(path);
}

// Whether this operation fails; `space`: it needs some.
static int fails(int space) {
    long now = atomic_fetch_add(&count, 1) + 1;
    long at = number("FAULT_AT"), from = number("FAULT_FROM");
    if (!((at && now == at) || (from && space && now >= from))) return 0;
    errno = (int)number("FAULT_ERROR");
    return 1;
}

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("FAULT_COUNT");
    FILE *file = path ? fopen(path, "w") : NULL;
    if (file) {
        fprintf(file, "%ld\n", atomic_load(&count));
        fclose(file);
    }
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int opened(const char *path, int flags) { return (flags & O_CREAT) && below(path) && fails(1); }

int open(const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    int mode = va_arg(more, int);
    va_end(more);
    return opened(path, flags) ? -1 : REAL(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    int mode = va_arg(more, int);
    va_end(more);
    return opened(path, flags) ? -1 : REAL(open64)(path, flags, mode);
}

ssize_t write(int file, const void *bytes, size_t length) {
    if (file_below(file) && fails(1)) {
        // A full disk takes what still fits.
        if (length > 1 && errno == ENOSPC) REAL(write)(file, bytes, length / 2);
        return -1;
    }
    return REAL(write)(file, bytes, length);
}

int fsync(int file) { return file_below(file) && fails(0) ? -1 : REAL(fsync)(file); }
int fchmod(int file, mode_t mode) { return file_below(file) && fails(0) ? -1 : REAL(fchmod)(file, mode); }
int rename(const char *old, const char *new) { return below(new) && fails(1) ? -1 : REAL(rename)(old, new); }
int link(const char *old, const char *new) { return below(new) && fails(1) ? -1 : REAL(link)(old, new); }
int linkat(int a, const char *old, int b, const char *new, int flags) {
    return below(new) && fails(1) ? -1 : REAL(linkat)(a, old, b, new, flags);
}
int unlink(const char *path) { return below(path) && fails(0) ? -1 : REAL(unlink)(path); }
int mkdir(const char *path, mode_t mode) { return below(path) && fails(1) ? -1 : REAL(mkdir)(path, mode); }

int flock(int file, int operation) {
    if (getenv("FAULT_LOCK") && file_below(file)) {
        errno = (int)number("FAULT_LOCK");
        return -1;
    }
    return REAL(flock)(file, operation);
}
