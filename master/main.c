/* main.c -- quern: one binary, whose first word says what it is to do. */
#include "master/cli.h"

int main(int argc, char **argv)
{
    return cli_main(argc, argv);
}
