/* Counts the file operations below some folders, or the large allocations, of all processes that it is preloaded into,
   and makes one of them fail. Steered, and read, through a page of memory that they share: see faults.py. */

#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OFF, FILES, MEMORY };
enum { ROOTS = 4, DESCRIPTORS = 4096, KEPT = 8192, NAME = 16, PATH = 240 };

struct operation {
    char name[NAME];
    char path[PATH];
};

struct page {
    int what;            /* OFF, FILES or MEMORY */
    int error;           /* the errno of what fails */
    int lasting;         /* whether all that takes room on the disk fails from then on */
    int failed;          /* set where something did */
    atomic_long seen;    /* operations or allocations so far */
    long at;             /* which of them fails, counted from 1; 0: none */
    long smallest;       /* bytes from which on an allocation counts */
    char roots[ROOTS][PATH];
    struct operation operations[KEPT];
};

static struct page *page;
static char followed[DESCRIPTORS];

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

#define REAL(name) ((__typeof__(&name))real(#name))

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

__attribute__((constructor)) static void begin(void) {
    const char *file = getenv("FAULTS_PAGE");
    int descriptor = file ? REAL(open)(file, O_RDWR | O_CLOEXEC) : -1;
    if (descriptor < 0) return;
    void *memory = mmap(NULL, sizeof(struct page), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    close(descriptor);
    if (memory != MAP_FAILED) page = memory;
}

static int takes_room(const char *name) {
    return !strcmp(name, "create") || !strcmp(name, "write") || !strcmp(name, "mkdir") || !strcmp(name, "link");
}

/* Counts an operation; whether it is to fail, with errno set. */
static int fails(const char *name, const char *path) {
    long number = atomic_fetch_add(&page->seen, 1) + 1;
    if (number <= KEPT) {
        struct operation *kept = &page->operations[number - 1];
        strncpy(kept->name, name, NAME - 1);
        strncpy(kept->path, path, PATH - 1);
    }
    int now = number == page->at || (page->lasting && page->at && number > page->at && takes_room(name));
    if (now) {
        page->failed = 1;
        errno = page->error;
    }
    return now;
}

/* The absolute path of `path`, which may be relative to a descriptor of a folder. */
static void absolute(char *into, int folder, const char *path) {
    if (path[0] == '/') {
        snprintf(into, PATH_MAX, "%s", path);
        return;
    }
    char link[64], above[PATH_MAX];
    snprintf(link, sizeof link, folder == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", folder);
    ssize_t length = readlink(link, above, sizeof above - 1);
    above[length < 0 ? 0 : length] = 0;
    if (path[0])
        snprintf(into, PATH_MAX, "%.2000s/%.2000s", above, path);
    else
        snprintf(into, PATH_MAX, "%s", above);
}

static int ends_with(const char *text, const char *end) {
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && !strcmp(text + length - tail, end);
}

/* Whether a path is below one of the roots; Python's own modules are not. */
static int is_ours(const char *path) {
    if (ends_with(path, ".py") || ends_with(path, ".pyc") || ends_with(path, ".so") || strstr(path, "__pycache__"))
        return 0;
    for (int root = 0; root < ROOTS; root++)
        if (page->roots[root][0] && !strncmp(path, page->roots[root], strlen(page->roots[root]))) return 1;
    return 0;
}

static int path_fails(const char *name, int folder, const char *path) {
    char whole[PATH_MAX];
    if (!page || page->what != FILES || !path) return 0;
    absolute(whole, folder, path);
    return is_ours(whole) && fails(name, whole);
}

static int descriptor_fails(const char *name, int descriptor) {
    if (!page || page->what != FILES || descriptor < 0 || descriptor >= DESCRIPTORS || !followed[descriptor]) return 0;
    char whole[PATH_MAX];
    absolute(whole, descriptor, "");
    return fails(name, whole);
}

static int follow(int descriptor, int folder, const char *path) {
    if (page && page->what == FILES && descriptor >= 0 && descriptor < DESCRIPTORS) {
        char whole[PATH_MAX];
        absolute(whole, folder, path);
        followed[descriptor] = (char)is_ours(whole);
    }
    return descriptor;
}

static const char *opening(int flags) { return flags & (O_CREAT | O_WRONLY | O_RDWR) ? "create" : "open"; }

#define OPENS(name)                                                                  \
    int name(const char *path, int flags, ...) {                                     \
        va_list rest;                                                                \
        va_start(rest, flags);                                                       \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;      \
        va_end(rest);                                                                \
        if (path_fails(opening(flags), AT_FDCWD, path)) return -1;                   \
        return follow(REAL(name)(path, flags, mode), AT_FDCWD, path);                \
    }
OPENS(open)
OPENS(open64)

#define OPENS_AT(name)                                                               \
    int name(int folder, const char *path, int flags, ...) {                         \
        va_list rest;                                                                \
        va_start(rest, flags);                                                       \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;      \
        va_end(rest);                                                                \
        if (path_fails(opening(flags), folder, path)) return -1;                     \
        return follow(REAL(name)(folder, path, flags, mode), folder, path);          \
    }
OPENS_AT(openat)
OPENS_AT(openat64)

#define OPENS_STREAM(name)                                                           \
    FILE *name(const char *path, const char *mode) {                                 \
        if (path_fails(mode[0] == 'r' ? "open" : "create", AT_FDCWD, path)) return 0; \
        FILE *file = REAL(name)(path, mode);                                         \
        if (file) follow(fileno(file), AT_FDCWD, path);                              \
        return file;                                                                 \
    }
OPENS_STREAM(fopen)
OPENS_STREAM(fopen64)

int close(int descriptor) {
    if (descriptor >= 0 && descriptor < DESCRIPTORS) followed[descriptor] = 0;
    return REAL(close)(descriptor);
}

/* result NAME(parameters), which counts as `operation` on a descriptor, and passes `arguments` on */
#define ON_DESCRIPTOR(result, name, operation, descriptor, parameters, arguments)    \
    result name parameters {                                                         \
        return descriptor_fails(operation, descriptor) ? -1 : REAL(name) arguments;  \
    }
ON_DESCRIPTOR(ssize_t, write, "write", fd, (int fd, const void *data, size_t size), (fd, data, size))
ON_DESCRIPTOR(ssize_t, writev, "write", fd, (int fd, const struct iovec *parts, int count), (fd, parts, count))
ON_DESCRIPTOR(ssize_t, pwrite64, "write", fd, (int fd, const void *data, size_t size, off64_t at), (fd, data, size, at))
ON_DESCRIPTOR(ssize_t, sendfile64, "write", to, (int to, int from, off64_t *at, size_t size), (to, from, at, size))
ON_DESCRIPTOR(ssize_t, read, "read", fd, (int fd, void *data, size_t size), (fd, data, size))
ON_DESCRIPTOR(ssize_t, pread64, "read", fd, (int fd, void *data, size_t size, off64_t at), (fd, data, size, at))
ON_DESCRIPTOR(int, fsync, "sync", fd, (int fd), (fd))
ON_DESCRIPTOR(int, fdatasync, "sync", fd, (int fd), (fd))

/* the same for an operation on a path, which may be relative to a folder */
#define ON_PATH(name, operation, folder, path, parameters, arguments)                \
    int name parameters {                                                            \
        return path_fails(operation, folder, path) ? -1 : REAL(name) arguments;      \
    }
ON_PATH(rename, "rename", AT_FDCWD, to, (const char *from, const char *to), (from, to))
ON_PATH(renameat, "rename", new, to, (int old, const char *from, int new, const char *to), (old, from, new, to))
ON_PATH(unlink, "unlink", AT_FDCWD, path, (const char *path), (path))
ON_PATH(unlinkat, "unlink", folder, path, (int folder, const char *path, int flags), (folder, path, flags))
ON_PATH(rmdir, "unlink", AT_FDCWD, path, (const char *path), (path))
ON_PATH(mkdir, "mkdir", AT_FDCWD, path, (const char *path, mode_t mode), (path, mode))
ON_PATH(mkdirat, "mkdir", folder, path, (int folder, const char *path, mode_t mode), (folder, path, mode))
ON_PATH(link, "link", AT_FDCWD, to, (const char *from, const char *to), (from, to))
ON_PATH(symlink, "link", AT_FDCWD, path, (const char *to, const char *path), (to, path))
ON_PATH(stat64, "stat", AT_FDCWD, path, (const char *path, struct stat64 *facts), (path, facts))
ON_PATH(lstat64, "stat", AT_FDCWD, path, (const char *path, struct stat64 *facts), (path, facts))
ON_PATH(fstatat64, "stat", folder, path, (int folder, const char *path, struct stat64 *facts, int flags),
        (folder, path, facts, flags))

DIR *opendir(const char *path) { return path_fails("list", AT_FDCWD, path) ? NULL : REAL(opendir)(path); }

DIR *fdopendir(int descriptor) { return descriptor_fails("list", descriptor) ? NULL : REAL(fdopendir)(descriptor); }

/* Parts of names of libraries whose allocations do not count: those that end the process where one fails. */
static const char *const excused[] = {"rust", "pydantic_core", "libc.so", "ld-linux", "ffmpeg"};

/* Whether an allocation is large enough to count, and is to fail. */
static int allocation_fails(size_t size, void *caller) {
    Dl_info facts;
    if (!page || page->what != MEMORY || size < (size_t)page->smallest) return 0;
    const char *file = dladdr(caller, &facts) && facts.dli_fname ? facts.dli_fname : "?";
    for (size_t number = 0; number < sizeof excused / sizeof *excused; number++)
        if (strstr(file, excused[number])) return 0;
    const char *slash = strrchr(file, '/');
    return fails("allocate", slash ? slash + 1 : file);
}

#define CALLER __builtin_return_address(0)

void *malloc(size_t size) { return allocation_fails(size, CALLER) ? NULL : __libc_malloc(size); }

void *calloc(size_t count, size_t size) {
    return allocation_fails(count * size, CALLER) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size) {
    return allocation_fails(size, CALLER) ? NULL : __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size) {
    return allocation_fails(size, CALLER) ? NULL : __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    return allocation_fails(size, CALLER) ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **into, size_t alignment, size_t size) {
    if (allocation_fails(size, CALLER)) return ENOMEM;
    void *memory = __libc_memalign(alignment, size);
    if (!memory) return ENOMEM;
    *into = memory;
    return 0;
}
