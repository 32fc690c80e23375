/* scratch.h -- a folder of one test's own, files to damage in it, and what was said on standard
 * error. */
#ifndef QUERN_T_SCRATCH_H
#define QUERN_T_SCRATCH_H

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char scratch_path[256];
static pid_t scratch_owner;

__attribute__((unused)) static void scratch_remove_in(int dir_fd)
{
    DIR *dir = fdopendir(dir_fd);
    struct dirent *d;

    while (dir && (d = readdir(dir))) {
        if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
            continue;
        if (unlinkat(dir_fd, d->d_name, 0) == -1) {
            scratch_remove_in(openat(dir_fd, d->d_name, O_RDONLY | O_DIRECTORY));
            unlinkat(dir_fd, d->d_name, AT_REMOVEDIR);
        }
    }
    if (dir)
        closedir(dir);
}

__attribute__((unused)) static void scratch_remove(void)
{
    if (getpid() != scratch_owner)
        return; /* a child that left through exit() */
    scratch_remove_in(open(scratch_path, O_RDONLY | O_DIRECTORY));
    rmdir(scratch_path);
}

/* Descriptor of a fresh folder; removed when the test ends. */
__attribute__((unused)) static int scratch(void)
{
    const char *tmp = getenv("TMPDIR");
    int fd;

    snprintf(scratch_path, sizeof(scratch_path), "%s/quern-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(scratch_path) ||
        (fd = open(scratch_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1) {
        perror(scratch_path);
        exit(1);
    }
    scratch_owner = getpid();
    atexit(scratch_remove);
    return fd;
}

/* Read or write bytes of a file, behind the back of whoever has it mapped. */
__attribute__((unused)) static void file_read(int dir_fd, const char *name, off_t at, void *to,
                                              size_t len)
{
    int fd = openat(dir_fd, name, O_RDONLY);

    if (fd == -1 || pread(fd, to, len, at) != (ssize_t)len) {
        perror(name);
        exit(1);
    }
    close(fd);
}

__attribute__((unused)) static void file_write(int dir_fd, const char *name, off_t at,
                                               const void *from, size_t len)
{
    int fd = openat(dir_fd, name, O_WRONLY);

    if (fd == -1 || pwrite(fd, from, len, at) != (ssize_t)len) {
        perror(name);
        exit(1);
    }
    close(fd);
}

__attribute__((unused)) static void file_flip(int dir_fd, const char *name, off_t at, uint8_t mask)
{
    uint8_t byte;

    file_read(dir_fd, name, at, &byte, 1);
    byte ^= mask;
    file_write(dir_fd, name, at, &byte, 1);
}

__attribute__((unused)) static off_t file_size(int dir_fd, const char *name)
{
    struct stat st;

    return fstatat(dir_fd, name, &st, 0) == 0 ? st.st_size : -1;
}

/* Standard error into a file, until said_count or said_end. */
static int said_stderr = -1, said_file = -1;

__attribute__((unused)) static void said_begin(void)
{
    char name[] = "/tmp/quern-said-XXXXXX";

    fflush(stderr);
    said_file = mkostemp(name, O_CLOEXEC);
    unlink(name);
    said_stderr = dup(STDERR_FILENO);
    dup2(said_file, STDERR_FILENO);
}

/* What was said since said_begin; standard error is itself again. The caller frees it. */
__attribute__((unused)) static char *said_end(void)
{
    off_t len = lseek(said_file, 0, SEEK_END);
    char *text = calloc(1, (size_t)len + 1);

    if (pread(said_file, text, (size_t)len, 0) != len)
        text[0] = '\0';
    dup2(said_stderr, STDERR_FILENO);
    close(said_stderr);
    close(said_file);
    return text;
}

__attribute__((unused)) static int count_of(const char *text, const char *word)
{
    int n = 0;

    for (; (text = strstr(text, word)); text += strlen(word))
        n++;
    return n;
}

/* What was said, counted. */
__attribute__((unused)) static int said_count(const char *word)
{
    char *text = said_end();
    int n = count_of(text, word);

    free(text);
    return n;
}

__attribute__((unused)) static void said_ignore(void)
{
    free(said_end());
}

/* xorshift64*: the same numbers in every run that prints the same seed. */
__attribute__((unused)) static uint64_t dice(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1d;
}

#endif
