#!/usr/bin/perl
# Empty, failing and slow: what the pages say then.
use strict;
use warnings;
use lib 't/lib';
use Quern;
use Web;

browse(Quern->start, 'states');
finish();
