//! Waiting for the answer of a task or thread that may end first.

use std::future::Future;

use tokio::sync::oneshot;

/// The answer to a request that was sent through a channel, or `None` when whoever should have given it has gone without.
/// `gone` resolves when that channel's receiver has been dropped, after the last answer was given.
///
/// The answer alone may never come: a request that is sent while its receiver is dropped lies in the channel, with the answer's
/// sender in it, until the last sender of requests has gone (tokio's issue 7714).
pub async fn unless<T>(
    gone: impl Future<Output = ()>,
    mut answered: oneshot::Receiver<T>,
) -> Option<T> {
    tokio::select! {
        biased;
        answer = &mut answered => answer.ok(),
        () = gone => answered.try_recv().ok(),
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    type Request = oneshot::Sender<u32>;

    #[tokio::test]
    async fn an_answer_is_given() {
        let (requests, mut inbox) = mpsc::channel::<Request>(1);
        let (answer, answered) = oneshot::channel();
        requests.send(answer).await.unwrap();
        inbox.recv().await.unwrap().send(7).unwrap();
        drop(inbox);
        assert_eq!(unless(requests.closed(), answered).await, Some(7));
    }

    #[tokio::test]
    async fn a_request_that_was_sent_as_its_receiver_went_is_not_waited_for() {
        let (requests, inbox) = mpsc::channel::<Request>(1);
        let (answer, answered) = oneshot::channel();
        let place = requests.reserve().await.unwrap();
        drop(inbox);
        place.send(answer);
        assert_eq!(unless(requests.closed(), answered).await, None);
    }

    #[tokio::test]
    async fn a_request_that_is_dropped_is_not_waited_for() {
        let (requests, _inbox) = mpsc::channel::<Request>(1);
        let (answer, answered) = oneshot::channel::<u32>();
        drop(answer);
        assert_eq!(unless(requests.closed(), answered).await, None);
    }
}
