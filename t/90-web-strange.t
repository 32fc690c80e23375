#!/usr/bin/perl
# Data that nobody thought of: it fits into the pages, and they stay usable.
use strict;
use warnings;
use lib 't/lib';
use Quern;
use Web;

browse(Quern->start, 'strange');
finish();
