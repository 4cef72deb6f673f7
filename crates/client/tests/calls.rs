//! Calls against a scripted server: what is repeated and what is not, deadlines, keys, and typed errors on the wire.

mod common;

use std::{collections::HashMap, time::Duration};

use common::{Script, client, flaky, start};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};
use treadwell_client::{
    Class, Error,
    v1::{CreateKeyRequest, GetBoardRequest, Reason, TickTurnoverRequest, WriteOptions},
};

fn refusal(code: Code, reason: &str) -> Status {
    let details = ErrorDetails::with_error_info(reason, "treadwell.v1", HashMap::new());
    Status::with_error_details(code, "no", details)
}

fn script(failures: impl IntoIterator<Item = Status>) -> Script {
    Script {
        failures: failures.into_iter().collect(),
        ..Script::default()
    }
}

#[tokio::test]
async fn a_read_is_repeated_until_the_server_is_back() {
    let failures = [
        Status::unavailable("restarting"),
        refusal(Code::ResourceExhausted, "OVERLOADED"),
    ];
    let server = start(script(failures)).await;
    let answer = client(&server.address.to_string())
        .get_board(GetBoardRequest::default())
        .await;
    assert_eq!(answer.expect("the third attempt is answered").revision, 7);
    server.script.with(|script| {
        assert_eq!(script.reads, 3);
        assert_eq!(script.keys, vec![Some("Bearer tw_test".to_owned()); 3]);
    });
}

#[tokio::test]
async fn a_connection_that_breaks_is_made_anew() {
    let server = start(Script::default()).await;
    let address = flaky(server.address, 2).await;
    let answer = client(&address.to_string())
        .get_board(GetBoardRequest::default())
        .await;
    assert_eq!(answer.expect("the third connection holds").revision, 7);
    assert_eq!(server.script.with(|script| script.reads), 1);
    let broken = flaky(server.address, usize::MAX).await;
    let error = client(&broken.to_string())
        .get_board(GetBoardRequest::default())
        .await;
    assert!(
        matches!(
            &error,
            Err(Error::Unreachable {
                timed_out: false,
                ..
            })
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn repeats_are_bounded() {
    let server = start(script((0..10).map(|_| Status::unavailable("restarting")))).await;
    let error = client(&server.address.to_string())
        .get_board(GetBoardRequest::default())
        .await;
    assert_eq!(
        error.expect_err("it never comes back").class(),
        Class::Unreachable
    );
    assert_eq!(server.script.with(|script| script.reads), 4);
}

#[tokio::test]
async fn a_change_is_repeated_under_one_request_id() {
    let server = start(script([
        Status::unavailable("restarting"),
        refusal(Code::Unavailable, "WRITES_STOPPED"),
    ]))
    .await;
    let client = client(&server.address.to_string());
    client
        .tick_turnover(TickTurnoverRequest::default())
        .await
        .expect("the third attempt");
    let named = TickTurnoverRequest {
        write: Some(WriteOptions {
            request_id: "mine".to_owned(),
            ..WriteOptions::default()
        }),
        ..TickTurnoverRequest::default()
    };
    client
        .tick_turnover(named)
        .await
        .expect("the first attempt");
    client
        .tick_turnover(TickTurnoverRequest::default())
        .await
        .expect("the first attempt");
    let ids = server.script.with(|script| script.request_ids.clone());
    assert_eq!(ids.len(), 5);
    assert_eq!(ids[0].len(), 36, "{ids:?}");
    assert!(
        ids[0] == ids[1] && ids[1] == ids[2],
        "a repeat is the same request: {ids:?}"
    );
    assert_eq!(ids[3], "mine");
    assert_ne!(ids[4], ids[0], "another change is another request");
}

#[tokio::test]
async fn a_new_key_is_asked_for_once_because_its_secret_is_answered_once() {
    let server = start(script([Status::unavailable("restarting")])).await;
    let error = client(&server.address.to_string())
        .create_key(CreateKeyRequest::default())
        .await
        .expect_err("lost, and not repeated");
    assert_eq!(error.class(), Class::Unreachable);
    let ids = server.script.with(|script| script.request_ids.clone());
    assert_eq!(ids.len(), 1);
    assert!(
        !ids[0].is_empty(),
        "it can still be named in a question to the server's people"
    );
}

#[tokio::test]
async fn an_answer_is_final_when_repeating_can_not_change_it() {
    for (code, reason) in [
        (Code::FailedPrecondition, "ROOM_TAKEN"),
        (Code::Aborted, "STALE_ETAG"),
        (Code::ResourceExhausted, "TOO_MANY_HOLDS"),
        (Code::InvalidArgument, "FIELDS_INVALID"),
        (Code::PermissionDenied, "ROLE_NOT_ALLOWED"),
        (Code::Internal, ""),
    ] {
        let server = start(script([refusal(code, reason)])).await;
        let error = client(&server.address.to_string())
            .tick_turnover(TickTurnoverRequest::default())
            .await;
        let error = error.expect_err("refused");
        assert_eq!(
            error.refusal().map(|refusal| refusal.code),
            Some(code),
            "{error:?}"
        );
        let sent = server.script.with(|script| script.request_ids.len());
        assert_eq!(sent, 1, "{reason} was repeated");
    }
}

#[tokio::test]
async fn a_refusal_keeps_its_details_across_the_wire() {
    let mut details = ErrorDetails::new();
    let metadata = HashMap::from([
        ("room".to_owned(), "h2".to_owned()),
        ("open".to_owned(), "3".to_owned()),
    ]);
    details
        .set_error_info("TURNOVER_OPEN", "treadwell.v1", metadata)
        .add_bad_request_violation("room_id", "h2 is not ready");
    let status = Status::with_error_details(Code::FailedPrecondition, "H2 is in turnover", details);
    let server = start(script([status])).await;
    let error = client(&server.address.to_string())
        .tick_turnover(TickTurnoverRequest::default())
        .await;
    let error = error.expect_err("refused");
    assert_eq!(error.reason(), Some(Reason::TurnoverOpen));
    assert_eq!(error.class().exit_code(), 5);
    let refusal = error.refusal().expect("an answer");
    assert_eq!(refusal.metadata["open"], "3");
    assert_eq!(refusal.fields[0].field, "room_id");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable() {
    let address = start(Script::default()).await.address;
    let error = client(&address.to_string())
        .get_board(GetBoardRequest::default())
        .await;
    let error = error.expect_err("nobody listens there any more");
    assert!(
        matches!(
            &error,
            Error::Unreachable {
                timed_out: false,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(error.to_string().contains(&address.to_string()), "{error}");
}

#[tokio::test]
async fn a_server_that_says_nothing_costs_no_more_than_the_deadline() {
    let server = start(Script {
        hang: true,
        ..Script::default()
    })
    .await;
    let client = client(&server.address.to_string()).with_timeout(Duration::from_millis(60));
    let error = client
        .get_board(GetBoardRequest::default())
        .await
        .expect_err("no answer");
    assert!(
        matches!(
            &error,
            Error::Unreachable {
                timed_out: true,
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!(
        server.script.with(|script| script.reads),
        1,
        "the deadline is for the whole call"
    );
}
