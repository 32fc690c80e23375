#!/usr/bin/perl
# embed.pl -- SQL files into C: one array of (name, text), sorted by name for a binary search.
# A file schema/query/issue_list.sql is known as "issue_list"; comment lines are left out.
use strict;
use warnings;

my %sql;
for my $file (@ARGV) {
    my ($name) = $file =~ m{([^/]+)\.sql$} or die "$file: not a .sql file\n";
    die "$file: the name $name is taken\n" if exists $sql{$name};
    open my $in, '<', $file or die "$file: $!\n";
    $sql{$name} = join '', grep { !/^\s*--/ } <$in>;
}
print "/* made by schema/embed.pl */\n#include \"schema/sql.h\"\n\nconst struct sql_text sql_texts[] = {\n";
for my $name (sort keys %sql) {
    my $text = $sql{$name};
    $text =~ s/(["\\])/\\$1/g;
    $text =~ s/\n/\\n\"\n     \"/g;
    print "    {\"$name\",\n     \"$text\"},\n";
}
print "};\nconst unsigned sql_text_count = ", scalar(keys %sql), ";\n";
