/* limits.h -- every bound that outside input can meet: a name, a unit, a reason.
 * A limit lives here and nowhere else; config may lower some of them, never raise them. */
#ifndef QUERN_PROTO_LIMITS_H
#define QUERN_PROTO_LIMITS_H

#include "shm/limits.h" /* the sizes of shared memory: KIB, MIB, RING_BYTES, SLOTS_MAX, RECENT_IDS … */

/* ---- HTTP bodies ---- */
#define BODY_MAX (20 * MIB)           /* compressed, as it arrives; Relay: 200 MiB, a VM has less */
#define BODY_INFLATED_MAX (100 * MIB) /* after Content-Encoding; a bomb stops here */
#define API_BODY_MAX (1 * MIB)        /* bodies of the management API */
#define BROTLI_WINDOW_MAX 24          /* lgwin of RFC 7932; larger is refused (memory) */
#define ZSTD_WINDOW_LOG_MAX 23        /* 8 MiB; RFC 8878 §3.1.1.1.2 recommends supporting that */

/* ---- JSON ---- */
#define JSON_DEPTH_MAX 128           /* deeper is cut to null, not refused */
#define JSON_DEEP_MAX 256            /* the same for formats that spend several brackets a level */
#define JSON_TOKENS_MAX 400000       /* 1 MiB of "[[],[],…" has fewer than this */
#define REQUEST_ARENA_MAX (64 * MIB) /* memory that decoding one item may take */

/* ---- envelopes: Relay's limits, lower where a VM is smaller ---- */
#define ENV_ITEMS_MAX 1000        /* more items in one envelope: 413 */
#define ENV_HEADER_MAX (64 * KIB) /* one header line */
#define ITEM_EVENT_MAX (1 * MIB)  /* event, transaction, security, feedback */
#define ITEM_ATTACHMENT_MAX (50 * MIB)
#define ITEM_ATTACHMENTS_MAX 30 /* per envelope */
#define ITEM_SESSION_MAX (10 * MIB)
#define ITEM_SESSIONS_MAX 100 /* per envelope */
#define ITEM_CLIENT_REPORT_MAX (100 * KIB)
#define ITEM_CHECK_IN_MAX (100 * KIB)
#define ITEM_PROFILE_MAX (50 * MIB)
#define ITEM_REPLAY_MAX (10 * MIB)
#define ITEM_CONTAINER_MAX (12 * MIB) /* log, metric, span containers */
#define ITEM_SPANS_MAX 25             /* legacy standalone spans per envelope */
#define ITEM_USER_REPORT_MAX (64 * KIB)
#define ATTACHMENT_INLINE_MAX (256 * KIB) /* larger ones go to a file, not through the ring */
#define FILENAME_MAX_BYTES 255

/* ---- small items ---- */
#define CLIENT_REPORT_ENTRIES_MAX 1000 /* over all four lists of one report */
#define CLIENT_REPORT_AGE_DAYS 30      /* older ones count at their receipt */
#define OUTCOME_WORD_MAX 64            /* bytes of a category or reason that a client names */
#define CONTENT_TYPE_MAX 200           /* bytes; of an attachment, as sent */
#define FEEDBACK_NAME_MAX 128          /* characters of name, address, source */
#define FEEDBACK_MESSAGE_MAX 4096      /* characters; Sentry's limit */
#define FEEDBACK_URL_MAX 1024

/* ---- multipart/form-data ---- */
#define MULTIPART_PARTS_MAX 200       /* crash reporters send some dozens of fields */
#define MULTIPART_HEAD_MAX (16 * KIB) /* headers of one part */
#define MULTIPART_BOUNDARY_MAX 200    /* RFC 2046 says 70; be generous */

/* ---- event fields, in characters; as Relay's schema has them ---- */
#define EVENT_TYPE_MAX 256
#define EVENT_VALUE_MAX 8192
#define EVENT_TITLE_MAX 256
#define EVENT_CULPRIT_MAX 200
#define EVENT_TRANSACTION_MAX 200
#define EVENT_RELEASE_MAX 200
#define EVENT_ENVIRONMENT_MAX 64
#define EVENT_DIST_MAX 64
#define EVENT_LOGGER_MAX 64
#define EVENT_MESSAGE_MAX 8192
#define EVENT_SERVER_NAME_MAX 256
#define TAG_KEY_MAX 200
#define TAG_VALUE_MAX 200
#define TAGS_MAX 200      /* per event; Sentry has no limit, 200 is far beyond real use */
#define EXCEPTIONS_MAX 50 /* per event: the newest 50 are kept */
#define FRAMES_MAX 250    /* per stack trace: the newest 250 */
#define THREADS_MAX 256
#define BREADCRUMBS_MAX 200     /* SDKs cap at 100 */
#define REQUEST_PAIRS_MAX 512   /* headers, cookies, query parameters: each */
#define FINGERPRINT_MAX 64      /* parts */
#define SECURITY_REPORTS_MAX 50 /* of one Reporting API request; browsers batch a handful */
#define EVENT_ERRORS_MAX 100    /* notes about bad fields kept per event */

/* ---- grouping ---- */
#define GROUP_HASHES_MAX 4

/* ---- rings and records ---- */
#define RECORD_MAX (1536 * KIB) /* one record: a 1 MiB event, its header, its tags */
#define MAIL_MAX (64 * KIB)     /* one command answer */
#define LIST_PAGE 100           /* rows of a list that a command answers with: fits a mail */
#define COMMAND_MAX (256 * KIB) /* arguments of one command */

/* ---- processes ---- */
#define WORKERS_MAX 32

/* ---- storage ---- */
#define BLOCK_BYTES (128 * KIB)    /* raw bytes of a block before it is packed */
#define BLOCK_RECORDS_MAX 4096     /* records of a block: 128 KiB of 32-byte ones */
#define SEGMENT_ROWS_MAX (1 << 17) /* events per segment: what recent ids can answer for twice */

/* ---- spans and log records (OTLP, transactions, containers) ---- */
#define OTLP_BODY_INFLATED_MAX (64 * MIB) /* OTLP 1.11 "RECOMMENDED default 64 MiB"; larger: 413 */
#define ANY_DEPTH_MAX 64 /* AnyValues inside one another; official runtimes stop at 100 */
#define OTLP_ITEM_ARENA_MAX (16 * MIB) /* memory that unpacking one span or log record may take */
#define SPAN_ATTRS_MAX 1024  /* per span, event, link, log record; SDKs send 128. Rest: dropped */
#define SPAN_EVENTS_MAX 4096 /* SDKs: 128 */
#define SPAN_LINKS_MAX 1024  /* SDKs: 128 */
#define SPAN_NAME_MAX 1024   /* bytes */
#define SPAN_OP_MAX 128      /* bytes */
/* One span or log as a record; further attributes are dropped. */
#define SPAN_BYTES_MAX (1280 * KIB)
/* Attributes of one resource or scope; the rest is dropped. */
#define RESOURCE_BYTES_MAX (128 * KIB)
#define ATTR_KEY_MAX 256          /* bytes; a longer key is cut */
#define ATTR_VALUE_MAX (64 * KIB) /* bytes of one value … */
#define ATTR_LONG_MAX (1 * MIB)   /* … and of exception.stacktrace and db.query.text */
#define BUNDLE_ITEMS_MAX 8192     /* spans or logs in one record … */
#define BUNDLE_BYTES (48 * KIB)   /* … and its size as estimated while it grows: two to a block */
#define SPAN_FUTURE_MAX_S 86400   /* starting later than that from now: sorted in at the receipt */
#define SERVICES_MAX 4096         /* known to the writer at a time; further ones are "(other)" */
#define SERVICE_OPERATIONS_MAX 2000 /* of one service, likewise: names with ids in them */
#define OPERATIONS_MAX 65536        /* of all */
#define ENVIRONMENTS_MAX 256        /* that spans and log records name, likewise */
#define TRACE_SPANS_MAX 200000      /* shown of one trace; the rest is counted */

/* ---- management API ---- */
#define API_ARENA_MAX (64 * MIB)   /* memory of one call: a 1 MiB event as a tree, and its answer */
#define API_ANSWER_MAX (16 * MIB)  /* one JSON answer: 100 full events of a big application */
#define API_PARAMS_MAX 256         /* query parameters of one request; more are passed over */
#define API_SEGMENTS_MAX 16        /* segments of a path below /api/0/ */
#define API_PAGE_MAX 100           /* rows of a page (Sentry's bound) */
#define API_IDS_MAX 1000           /* issues that one bulk change may name or find */
#define SEARCH_QUERY_MAX (4 * KIB) /* text of one issue search */
#define SEARCH_TERMS_MAX 64
#define SEARCH_VALUES_MAX 100  /* values of one [a,b,c] list */
#define SEARCH_CANDIDATES 2000 /* a tag value rarer than this drives the search by itself */
#define QUERY_JOBS_MAX 256     /* reads waiting per worker; beyond: 503, come back */
#define QUERY_SEGMENTS_OPEN 32 /* segment files a query thread keeps open (some 130 KiB each) */
#define FLUSH_WAIT_MS 300      /* a read waits so long for what is committed to be counted */
#define SESSION_DAYS 30        /* a browser login */
#define LOGIN_TRIES 10         /* wrong or right, per address and per account … */
#define LOGIN_WINDOW_S 300     /* … in this time */
#define COMMENT_MAX (16 * KIB)
#define PASSWORD_MIN 8
#define PASSWORD_MAX 128 /* argon2id hashes it whole; longer is a way to burn our CPU */

/* ---- reading spans and log records ---- */
/* Marks that one request may look at: some 15 ms, of 10 million spans. */
#define BLOCK_MARKS_MAX 10000
#define BLOCK_READS_MAX 48        /* blocks that one walk may take apart: some 15 ms */
#define SCAN_BLOCKS_MAX 2000      /* that a page of log records or spans is made of, or … */
#define SCAN_BYTES_MAX (12 * MIB) /* … unpacked, whichever is reached first */
#define BLOCK_PLACES_MAX 8192     /* blocks that one trace, or a page of traces, is read from */
/* What one search for traces takes apart of blocks: some 15 ms. */
#define TRACE_SCAN_BYTES (2 * MIB)
#define TRACE_SCAN_BLOCKS 2000      /* … and how many, however small */
#define TRACE_COUNT_BYTES (8 * MIB) /* of blocks of which only directories are read: some 8 ms */
#define TRACE_LIST_SPANS 20000      /* spans read together for a list of traces */
#define TRACE_LOADS_MAX 320         /* traces read for one page, shown or not */
#define SPAN_COPIES_MAX 64          /* of one id, shown: sent twice, or by client and server */
#define FOREIGN_TRACES_MAX 500      /* traces of one answer in Jaeger's or Tempo's words … */
#define FOREIGN_ROUNDS 4            /* … and searches, one after the other, that it is made of */
#define ATTR_BLOCKS 400             /* blocks that completion looks into: small ones, or … */
#define ATTR_BYTES_READ (2 * MIB)   /* … so many bytes of them … */
#define ATTR_FOUND_MAX 2000         /* … different keys or values that it tells apart … */
#define ATTR_VALUE_SHOWN 256  /* … bytes of a value: nobody picks a longer one from a list */
#define TRACE_ROWS_MAX 100000 /* spans of one trace in outline: the page takes no more */
/* Spans of one trace with all they have: 100,000 would be 150 MB of JSON. */
#define TRACE_WHOLE_MAX 20000

/* ---- workers ---- */
#define CONNECTIONS_MAX 4096 /* open ones per worker; further clients wait in the backlog */
/* Attachments of one request that go through the ring; with an event at its largest they must fit
 * RING_BYTES at once. */
#define INLINE_TOTAL_MAX (512 * KIB)
#define INFLATE_KEEP (1 * MIB) /* of the buffer for decoded bodies, from request to request */
/* Different (category, reason) pairs that one request may count. */
#define OUTCOMES_PER_REQUEST_MAX 64
#define OUTCOME_TALLY_MAX 256         /* different ones of refused requests within a second */
#define SETTINGS_ARENA_MAX (32 * MIB) /* the registry's lists, split and compiled */
#define KEEPER_JOBS_MAX 16            /* requests per worker whose files are being written … */
#define KEEPER_BYTES_MAX (128 * MIB)  /* … and their bytes; beyond: 503, come back */

/* ---- aggregates ---- */
/* Values listed per issue and tag key; further ones only count. A tag with a value of its own in each
 * event (a URL with an id) costs a row per event until the list is full; pages show ten. */
#define TAG_VALUES_MAX 250
#define OUTCOMES_LISTED 500   /* rows of an hour of a project; their words may be a client's */
#define DEPLOYS_MAX 256       /* environments that one release was deployed to */
#define ISSUE_USERS_EXACT 256 /* distinct users listed per issue, then a sketch */

#endif
