/* bootstrap.c -- see bootstrap.h. */
#include "master/bootstrap.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "proto/json.h"
#include "proto/limits.h"

#define BOOTSTRAP_MAX (64 * KIB)

static int open_file(const char *data_dir)
{
    char path[4200];

    snprintf(path, sizeof(path), "%s/bootstrap.json", data_dir);
    return open(path, O_RDONLY | O_CLOEXEC);
}

bool bootstrap_exists(const char *data_dir)
{
    int fd = open_file(data_dir);

    if (fd != -1)
        close(fd);
    return fd != -1;
}

static struct json *read_file(const char *data_dir, struct arena *a)
{
    char *bytes = arena_alloc(a, BOOTSTRAP_MAX);
    int fd = open_file(data_dir);
    struct json *root = NULL;
    ssize_t len = -1;

    if (fd != -1 && bytes)
        len = read(fd, bytes, BOOTSTRAP_MAX);
    if (fd != -1)
        close(fd);
    if (len <= 0 || json_read((struct text){bytes, (size_t)len}, a, &root, NULL) != JSON_OK)
        return NULL;
    return root;
}

static void print_member(const struct json *root, const char *label, const char *key,
                         struct arena *a)
{
    struct text t = json_as_text(json_get(root, key), a);

    printf("  %-9s %.*s\n", label, TEXT_ARG(t));
}

static void print_secrets(const char *data_dir)
{
    struct json *root;
    struct arena a;

    arena_init(&a, 4 * BOOTSTRAP_MAX);
    root = read_file(data_dir, &a);
    if (root) {
        printf("First start; this is shown once, and kept in %s/bootstrap.json:\n", data_dir);
        print_member(root, "DSN", "dsn", &a);
        print_member(root, "login", "email", &a);
        print_member(root, "password", "password", &a);
        print_member(root, "token", "token", &a);
    }
    arena_free(&a);
}

void bootstrap_print(const char *data_dir, const char *url, bool first)
{
    printf("quern serves %s (data in %s)\n", *url ? url : "its unix sockets", data_dir);
    if (first && getenv("JOURNAL_STREAM") && !isatty(STDOUT_FILENO))
        printf("First start: DSN, login and token are in %s/bootstrap.json\n", data_dir);
    else if (first)
        print_secrets(data_dir);
    fflush(stdout);
}
