use sentry::protocol::{Attachment, AttachmentType, Breadcrumb, Level, User};
use std::fmt;

#[derive(Debug)]
struct Inner;
impl fmt::Display for Inner {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "inner cause")
    }
}
impl std::error::Error for Inner {}

#[derive(Debug)]
struct Outer(u32, Inner);
impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "outer failed for order {}", self.0)
    }
}
impl std::error::Error for Outer {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.1)
    }
}

fn step(message: &str, level: Level) -> Breadcrumb {
    Breadcrumb {
        category: Some("test.step".into()),
        message: Some(message.into()),
        level,
        ..Default::default()
    }
}

fn main() {
    let dsn = std::env::args().nth(1).expect("a DSN");
    let mut options = sentry::ClientOptions::default();
    options.release = Some("quern-sdk@1.2.3".into());
    options.environment = Some("e2e".into());
    options.attach_stacktrace = true;
    let client = sentry::init((dsn, options));
    sentry::configure_scope(|scope| {
        scope.set_tag("suite", "sdk-rust");
        scope.set_tag("answer", 42);
        scope.set_user(Some(User {
            id: Some("u-1".into()),
            email: Some("ada@example.com".into()),
            username: Some("ada".into()),
            ..Default::default()
        }));
    });
    sentry::add_breadcrumb(step("step one", Level::Info));
    sentry::add_breadcrumb(step("step two", Level::Warning));
    let exception = sentry::with_scope(
        |scope| {
            scope.add_attachment(Attachment {
                buffer: b"hello attachment".to_vec(),
                filename: "note.txt".into(),
                content_type: Some("text/plain".into()),
                ty: Some(AttachmentType::Attachment),
            })
        },
        || sentry::capture_error(&Outer(42, Inner)),
    );
    let message = sentry::capture_message("hello from rust", Level::Warning);
    client.flush(Some(std::time::Duration::from_secs(10)));
    println!(
        "{{\"exception\":\"{}\",\"message\":\"{}\"}}",
        exception.simple(),
        message.simple()
    );
}
