//! How long a call may take.
//!
//! A call that takes too long is refused like all others, with a reason. Of a watch that is the time until it begins.

use std::task::{Context, Poll};
use std::time::Duration;

use futures::FutureExt;
use futures::future::Map;
use http::{HeaderMap, Request, Response};
use tokio::time::error::Elapsed;
use tokio::time::{Timeout, timeout};
use tower::{Layer, Service};

use super::status;

/// The header in which a caller says how long it waits.
const ASKED: &str = "grpc-timeout";

/// The calls that read everything there is, and the least that they may take.
const WHOLE: [&str; 3] = [
    "/treadwell.v1.AuditService/VerifyAudit",
    "/treadwell.v1.OperationsService/CreateBackup",
    "/treadwell.v1.OperationsService/Verify",
];
const WHOLE_LIMIT: Duration = Duration::from_mins(10);

/// Puts a limit before a service.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    limit: Duration,
}

impl Deadline {
    /// The limit of every call.
    pub(super) const fn new(limit: Duration) -> Self {
        Self { limit }
    }
}

impl<S> Layer<S> for Deadline {
    type Service = Limited<S>;

    fn layer(&self, inner: S) -> Limited<S> {
        Limited {
            limit: self.limit,
            inner,
        }
    }
}

/// A service whose calls have a limit.
#[derive(Clone, Debug)]
pub(super) struct Limited<S> {
    limit: Duration,
    inner: S,
}

type Answer<R, E> = Result<Response<R>, E>;

impl<S, B, R> Service<Request<B>> for Limited<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Default,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future =
        Map<Timeout<S::Future>, fn(Result<Answer<R, S::Error>, Elapsed>) -> Answer<R, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let limit = if WHOLE.contains(&request.uri().path()) {
            self.limit.max(WHOLE_LIMIT)
        } else {
            self.limit
        };
        let limit = asked(request.headers()).map_or(limit, |asked| asked.min(limit));
        timeout(limit, self.inner.call(request)).map(in_time)
    }
}

fn in_time<R: Default, E>(answered: Result<Answer<R, E>, Elapsed>) -> Answer<R, E> {
    answered.unwrap_or_else(|_| Ok(status::too_late().into_http()))
}

/// How long the caller waits, if it says so: at most 8 digits and a unit.
fn asked(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(ASKED)?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_hours(count),
        "M" => Duration::from_mins(count),
        "S" => Duration::from_secs(count),
        "m" => Duration::from_millis(count),
        "u" => Duration::from_micros(count),
        "n" => Duration::from_nanos(count),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use tonic::{Code, Status};
    use tonic_types::StatusExt as _;
    use tower::ServiceExt as _;

    use super::*;

    /// What a call with a limit of 30 s gets that takes so long, and how long that took.
    async fn called(path: &str, asks: Option<&'static str>, takes: Duration) -> (Duration, Code) {
        let slow = tower::service_fn(move |_: Request<()>| async move {
            tokio::time::sleep(takes).await;
            Ok::<_, Infallible>(Response::new(()))
        });
        let service = Deadline::new(Duration::from_secs(30)).layer(slow);
        let mut request = Request::builder().uri(path);
        if let Some(asks) = asks {
            request = request.header(ASKED, asks);
        }
        let begun = tokio::time::Instant::now();
        let response = service.oneshot(request.body(()).unwrap()).await.unwrap();
        let status = Status::from_header_map(response.headers());
        let code = status.map_or(Code::Ok, |status| {
            let info = status.get_details_error_info().unwrap();
            assert_eq!(info.reason, "DEADLINE_EXCEEDED");
            status.code()
        });
        (begun.elapsed(), code)
    }

    #[tokio::test(start_paused = true)]
    async fn what_takes_too_long_is_refused_with_a_reason() {
        let board = "/treadwell.v1.FloorService/GetBoard";
        let secs = Duration::from_secs;
        let late = |after| (after, Code::DeadlineExceeded);
        assert_eq!(
            called(board, None, secs(29)).await,
            (secs(29), Code::Ok),
            "in time"
        );
        assert_eq!(called(board, None, secs(31)).await, late(secs(30)));
        assert_eq!(called(board, Some("2S"), secs(31)).await, late(secs(2)));
        assert_eq!(called(board, Some("90S"), secs(31)).await, late(secs(30)));
        for method in WHOLE {
            assert_eq!(
                called(method, None, secs(300)).await,
                (secs(300), Code::Ok),
                "it reads everything"
            );
            assert_eq!(called(method, None, secs(900)).await, late(WHOLE_LIMIT));
            assert_eq!(called(method, Some("5S"), secs(900)).await, late(secs(5)));
        }
    }

    #[test]
    fn a_callers_patience_is_read_as_it_is_written() {
        let read = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(ASKED, text.parse().unwrap());
            asked(&headers)
        };
        assert_eq!(read("1H"), Some(Duration::from_hours(1)));
        assert_eq!(read("99999999n"), Some(Duration::from_nanos(99_999_999)));
        assert_eq!(read("250m"), Some(Duration::from_millis(250)));
        for wrong in ["", "S", "999999999S", "1d", "-1S", "1.5S", "\u{fc}"] {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
        assert_eq!(asked(&HeaderMap::new()), None);
    }
}
