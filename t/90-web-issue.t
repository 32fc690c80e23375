#!/usr/bin/perl
# The page of one issue: what its first screen shows, what came along with an event, and what can be done.
use strict;
use warnings;
use lib 't/lib';
use Quern;
use Web;

browse(Quern->start, 'issue');
finish();
