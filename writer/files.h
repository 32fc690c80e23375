/* files.h -- the segment files of a data folder: paths, sizes, names, setting aside. */
#ifndef QUERN_WRITER_FILES_H
#define QUERN_WRITER_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILES_PATH_MAX 4300 /* a data folder of 4096, "/segments/", a name */

struct world;

/* DATA/quern.db; DATA/segments/FILE */
void files_catalogue(const struct world *w, char out[FILES_PATH_MAX]);
void files_segment(const struct world *w, const char *file, char out[FILES_PATH_MAX]);
/* Make DATA/segments and DATA/attachments if need be. 0 or a negative errno. */
int files_folders(const struct world *w);
/* A name for a new segment of that day that no file has: "2026-01-31.db", "2026-01-31-2.db" … */
void files_name(const struct world *w, int64_t day, char *out, size_t room);
/* Bytes of a database: file and WAL. */
uint64_t files_bytes(const char *path);
bool files_exists(const char *path);
/* Take a database away, with what SQLite keeps beside it. */
void files_remove(const char *path);
/* DATA/attachments/FILE; a name that leads elsewhere is none. */
void files_remove_attachment(const struct world *w, const char *file, size_t len);
/* Rename it to NAME.damaged (.damaged-2 …), WAL and all: a person may want to look into it. */
void files_set_aside(const char *path, const char *why);
/* Wait until a file, or the names in the folder it lies in, are on the disk. False: errno. */
bool files_sync(const char *path);
bool files_sync_dir(const char *path_inside);

#endif
