#!/usr/bin/perl
# The page of one trace: from an issue to its span and back, find, fold, compare, odd traces, 100,000 spans.
use strict;
use warnings;
use lib 't/lib';
use Quern;
use Web;

browse(Quern->start, 'trace');
finish();
