#!/usr/bin/perl
# Log lines: found, opened, followed to trace and issue, heard as they come.
use strict;
use warnings;
use lib 't/lib';
use Quern;
use Web;

browse(Quern->start, 'logs');
finish();
