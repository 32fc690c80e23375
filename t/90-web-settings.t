#!/usr/bin/perl
# Settings: projects, keys and their limits, who may send, filters, rules and their tester, tokens.
use strict;
use warnings;
use lib 't/lib';
use Quern;
use Web;

browse(Quern->start, 'settings');
finish();
