#!/usr/bin/perl
# Resolving an issue, and how events bring it back.
use strict;
use warnings;
use lib 't/lib';
use Quern;
use Web;

browse(Quern->start, 'regression');
finish();
