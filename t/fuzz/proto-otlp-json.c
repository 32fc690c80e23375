/* proto-otlp.c with bodies in JSON. */
#define ENCODING OTLP_JSON
#include "t/fuzz/proto-otlp.c"
