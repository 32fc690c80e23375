#!/usr/bin/perl
# Addresses: names with slashes and per cent in them, links to a frame, the way back, and pages that are none.
use strict;
use warnings;
use lib 't/lib';
use Quern;
use Web;

browse(Quern->start, 'addresses');
finish();
