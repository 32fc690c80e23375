#!/usr/bin/perl
# Finding traces: filters, sorts, the chart, two of them beside each other.
use strict;
use warnings;
use lib 't/lib';
use Quern;
use Web;

browse(Quern->start, 'traces');
finish();
