#include "proto/hex.h"

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool hex_read(struct text t, uint8_t *out, size_t bytes)
{
    if (t.len != 2 * bytes)
        return false;
    for (size_t i = 0; i < bytes; i++) {
        int high = digit(t.at[2 * i]), low = digit(t.at[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

bool hex_read_id(struct text t, uint8_t *out, size_t bytes)
{
    uint8_t any = 0;

    if (!hex_read(t, out, bytes))
        return false;
    for (size_t i = 0; i < bytes; i++)
        any |= out[i];
    return any != 0;
}

bool uuid_read(struct text t, uint8_t out[16])
{
    char plain[32];
    size_t len = 0;

    if (t.len != 36)
        return hex_read(t, out, 16);
    for (size_t i = 0; i < t.len; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (dash != (t.at[i] == '-'))
            return false;
        if (!dash)
            plain[len++] = t.at[i];
    }
    return hex_read((struct text){plain, len}, out, 16);
}

void hex_write(const uint8_t *in, size_t bytes, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < bytes; i++) {
        *out++ = digits[in[i] >> 4];
        *out++ = digits[in[i] & 15];
    }
}

void uuid_write(const uint8_t id[16], char out[36])
{
    static const uint8_t group[] = {4, 2, 2, 2, 6};

    for (size_t i = 0; i < sizeof group; i++) {
        if (i)
            *out++ = '-';
        hex_write(id, group[i], out);
        id += group[i];
        out += 2 * group[i];
    }
}
