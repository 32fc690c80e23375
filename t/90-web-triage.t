#!/usr/bin/perl
# The list of issues: moving, selecting, filtering, resolving, merging, deleting, by keyboard and pointer.
use strict;
use warnings;
use lib 't/lib';
use Quern;
use Web;

browse(Quern->start, 'triage');
finish();
