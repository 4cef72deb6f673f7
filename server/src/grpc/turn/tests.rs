use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc;

use tokio::task::{JoinHandle, yield_now};
use tonic::Code;

use super::*;

/// One who asks, in a task; it has come as far as it can for now.
async fn asks<T: Send + 'static>(
    turn: &Turn,
    work: impl FnOnce() -> T + Send + 'static,
) -> JoinHandle<Result<T, Status>> {
    let turn = turn.clone();
    let asked = tokio::spawn(async move { turn.enter()?.run("test", work).await });
    yield_now().await;
    asked
}

/// One whose turn it is, until told that it is over.
async fn works(turn: &Turn) -> (mpsc::Sender<()>, JoinHandle<Result<(), Status>>) {
    let (over, told) = mpsc::channel();
    let works = asks(turn, move || told.recv().unwrap_or(())).await;
    (over, works)
}

#[tokio::test]
async fn sixteen_who_ask_at_once_are_served_one_at_a_time() {
    let turn = Turn::default();
    let working = Arc::new(AtomicUsize::new(0));
    let mut all = Vec::new();
    for number in 0..16 {
        let working = Arc::clone(&working);
        let alone = move || {
            let others = working.fetch_add(1, SeqCst);
            thread::yield_now();
            working.fetch_sub(1, SeqCst);
            (number, others)
        };
        all.push(asks(&turn, alone).await);
    }
    for (number, asked) in all.into_iter().enumerate() {
        assert_eq!(asked.await.unwrap().unwrap(), (number, 0));
    }
}

#[tokio::test]
async fn whoever_goes_before_their_turn_is_not_worked_for() {
    let turn = Turn::default();
    let (over, first) = works(&turn).await;
    let worked = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&worked);
    let goes = asks(&turn, move || seen.store(true, SeqCst)).await;
    let stays = asks(&turn, || 7).await;
    goes.abort();
    assert!(goes.await.is_err_and(|error| error.is_cancelled()));
    over.send(()).unwrap();
    first.await.unwrap().unwrap();
    assert_eq!(stays.await.unwrap().unwrap(), 7);
    assert!(!worked.load(SeqCst));
}

#[tokio::test]
async fn whoever_goes_in_their_turn_keeps_it_to_its_end() {
    let turn = Turn::default();
    let (over, told) = mpsc::channel();
    let ended = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&ended);
    let goes = asks(&turn, move || {
        told.recv().unwrap_or(());
        seen.store(true, SeqCst);
    });
    let goes = goes.await;
    goes.abort();
    assert!(goes.await.is_err());
    let next = asks(&turn, move || ended.load(SeqCst)).await;
    assert!(!next.is_finished());
    over.send(()).unwrap();
    assert!(next.await.unwrap().unwrap(), "two worked at once");
}

#[tokio::test]
async fn too_many_are_refused_at_once_and_come_again() {
    let turn = Turn::default();
    let (over, first) = works(&turn).await;
    let mut waiting = Vec::new();
    for _ in 1..CALLS {
        waiting.push(asks(&turn, || ()).await);
    }
    let refused = turn.enter().expect_err("there is no place");
    assert_eq!(refused.code(), Code::ResourceExhausted);
    let gone = waiting.pop().expect("several wait");
    gone.abort();
    assert!(gone.await.is_err());
    let comes_again = asks(&turn, || ()).await;
    over.send(()).unwrap();
    first.await.unwrap().unwrap();
    comes_again.await.unwrap().unwrap();
}

#[tokio::test]
async fn work_that_goes_wrong_is_told_and_gives_the_turn_on() {
    let turn = Turn::default();
    let wrong = asks::<()>(&turn, || panic!("as the test wants it")).await;
    let next = asks(&turn, || 7).await;
    let told: Status = wrong.await.unwrap().expect_err("it went wrong");
    assert_eq!(told.code(), Code::Internal);
    assert_eq!(next.await.unwrap().unwrap(), 7);
}
