/* take_envelope.h -- an envelope whose request has been claimed and whose body is decoded. */
#ifndef QUERN_WORKER_TAKE_ENVELOPE_H
#define QUERN_WORKER_TAKE_ENVELOPE_H

struct intake;

/* Ends the intake: commits or refuses. Without a key so far, the header's dsn must name one. */
void take_envelope_body(struct intake *in);

#endif
