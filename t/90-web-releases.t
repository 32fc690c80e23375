#!/usr/bin/perl
# Releases, and one compared with another.
use strict;
use warnings;
use lib 't/lib';
use Quern;
use Web;

browse(Quern->start, 'releases');
finish();
