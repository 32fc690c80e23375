#!/usr/bin/perl
# Services: how they do, their map, one with its operations and releases.
use strict;
use warnings;
use lib 't/lib';
use Quern;
use Web;

browse(Quern->start, 'services');
finish();
