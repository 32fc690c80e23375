require 'json'
require 'sentry-ruby'

Sentry.init do |config|
  config.dsn = ARGV[0]
  config.release = 'quern-sdk@1.2.3'
  config.environment = 'e2e'
  config.background_worker_threads = 0
  config.logger = Logger.new(File::NULL)
end
Sentry.set_tags(suite: 'sdk-ruby', answer: 42)
Sentry.set_user(id: 'u-1', email: 'ada@example.com', username: 'ada')
[['step one', 'info'], ['step two', 'warning']].each do |message, level|
  Sentry.add_breadcrumb(Sentry::Breadcrumb.new(category: 'test.step', message: message, level: level))
end

def inner(_order)
  raise KeyError, 'inner cause'
end

def outer(order)
  inner(order)
rescue KeyError
  raise ArgumentError, "outer failed for order #{order}"
end

ids = {}
begin
  outer(42)
rescue ArgumentError => e
  ids[:exception] = Sentry.capture_exception(e).event_id
end
ids[:message] = Sentry.capture_message('hello from ruby', level: :warning).event_id
puts JSON.generate(ids)
