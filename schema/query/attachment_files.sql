-- attachment_files: files of a segment's large attachments (writer, when the segment leaves)
-- scan: it wants them all, once
SELECT file FROM attachment WHERE file IS NOT NULL
