#!/usr/bin/perl
# Logging in and out, roles, CSRF, guessing.
use strict;
use warnings;
use lib 't/lib';
use Quern;
use Web;

browse(Quern->start, 'login');
finish();
