package Grafana;
# Grafana.pm -- requests as the data sources of Grafana send them: the token as password of whatever user,
# compressed answers welcome.
#
#   my $g = Grafana->new($q, '/jaeger');
#   my $r = $g->get('/api/services');                        # {status, headers, content, json}
#   my $r = $g->get('/api/traces', service => 'a', tag => ['k:v', 'l:w']);
use strict;
use warnings;
use Compress::Zlib ();
use MIME::Base64;
use Quern;

sub new {
    my ($class, $q, $base) = @_;
    return bless { q => $q, base => $base, auth => 'Basic ' . encode_base64('grafana:' . $q->token, '') }, $class;
}

sub escape { my ($t) = @_; $t =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ge; return $t }

sub get {
    my ($self, $path, @params) = @_;
    my (@pairs, %headers);
    while (my ($k, $v) = splice @params, 0, 2) {
        if ($k eq 'headers') { %headers = %$v; next }
        push @pairs, escape($k) . '=' . escape($_) for ref $v ? @$v : $v;
    }
    $path .= '?' . join '&', @pairs if @pairs;
    my $r = $self->{q}->http(GET => $self->{base} . $path,
        headers => { Authorization => $self->{auth}, 'Accept-Encoding' => 'gzip, deflate', 'User-Agent' => 'Grafana/12.1.0', %headers });
    $r->{content} = Compress::Zlib::memGunzip($r->{content}) if ($r->{headers}{'content-encoding'} // '') eq 'gzip';
    $r->{json} = Quern::json_of($r->{content}) if ($r->{headers}{'content-type'} // '') =~ m{^application/json};
    return $r;
}

1;
