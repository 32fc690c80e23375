/* The checksum that decides what is a whole record. */
#include "shm/crc32c.h"
#include "t/lib/scratch.h"
#include "t/lib/tap.h"

/* RFC 3720 §B.4 */
static void known_vectors(void)
{
    uint8_t bytes[32];

    is_int(crc32c(0, "123456789", 9), 0xe3069283, "check value of the catalogue of CRCs");
    memset(bytes, 0, 32);
    is_int(crc32c(0, bytes, 32), 0x8a9136aa, "32 bytes of zeros");
    memset(bytes, 0xff, 32);
    is_int(crc32c(0, bytes, 32), 0x62a8ab43, "32 bytes of ones");
    for (int i = 0; i < 32; i++)
        bytes[i] = (uint8_t)i;
    is_int(crc32c(0, bytes, 32), 0x46dd794e, "32 bytes rising");
    for (int i = 0; i < 32; i++)
        bytes[i] = (uint8_t)(31 - i);
    is_int(crc32c(0, bytes, 32), 0x113fdb5c, "32 bytes falling");
    is_int(crc32c(0, "", 0), 0, "nothing");
}

static void both_ways_agree(void)
{
    static uint8_t bytes[20000];
    uint64_t state = 88172645463325252;
    int differ = 0, chained = 0;

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)dice(&state);
    for (int i = 0; i < 3000; i++) {
        size_t from = dice(&state) % 64, len = dice(&state) % (i % 10 ? 600 : 19000);
        size_t cut = len ? dice(&state) % len : 0;
        uint32_t whole = crc32c(7, bytes + from, len);

        differ += whole != crc32c_portable(7, bytes + from, len);
        chained += whole != crc32c(crc32c(7, bytes + from, cut), bytes + from + cut, len - cut);
    }
    is_int(differ, 0, "instruction and table agree at every length and alignment");
    is_int(chained, 0, "a checksum goes on where another ended");
}

int main(void)
{
    known_vectors();
    both_ways_agree();
    return done_testing();
}
