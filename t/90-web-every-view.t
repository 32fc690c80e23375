#!/usr/bin/perl
# Every view: screen readers, both themes, a phone, the keyboard.
use strict;
use warnings;
use lib 't/lib';
use Quern;
use Web;

browse(Quern->start, 'every-view');
finish();
