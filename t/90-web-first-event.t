#!/usr/bin/perl
# From an empty data folder to the first error on the screen, with a real SDK.
use strict;
use warnings;
use lib 't/lib';
use Quern;
use Web;

browse(Quern->start, 'first-event');
finish();
