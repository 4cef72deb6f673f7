use tonic::Code;
use treadwell_api::v1::catalog_service_server::CatalogService as _;
use treadwell_clinic::model::{Role, RuleSet};

use super::*;
use crate::grpc::catalog::Service;
use crate::sample::told;

#[tokio::test]
async fn a_preview_waits_for_its_turn_and_an_edit_does_not() {
    let (engine, _) = told().await;
    let turn = Turn::default();
    let service = Service::new(engine.clone(), turn.clone());
    let put = async |validate_only| {
        let mut request = Request::new(v1::PutRuleSetRequest {
            write: Some(v1::WriteOptions {
                validate_only,
                ..v1::WriteOptions::default()
            }),
            rule_set: Some(convert::rule_set::show(&RuleSet::barefoot(), 0)),
        });
        let caller = Caller::in_a_test(&engine, Role::Owner);
        request.extensions_mut().insert(caller);
        service
            .put_rule_set(request)
            .await
            .map(|answer| answer.into_inner().preview)
    };
    let taken: Vec<_> = std::iter::from_fn(|| turn.enter().ok()).collect();
    let refused = put(true).await.expect_err("there is no place");
    assert_eq!(refused.code(), Code::ResourceExhausted);
    assert_eq!(put(false).await.expect("it does not wait"), None);
    drop(taken);
    assert!(put(true).await.expect("there is a place").is_some());
}
