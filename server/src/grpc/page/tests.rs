use tonic::Code;
use tonic_types::StatusExt as _;
use treadwell_api::v1::{ListHoldsRequest, ListRoomsRequest};

use super::*;

fn rooms(site: &str, entries: i32, token: &str) -> ListRoomsRequest {
    ListRoomsRequest {
        site_ids: vec![site.to_owned()],
        page_size: entries,
        page_token: token.to_owned(),
    }
}

/// All pages of the numbers from 1 to `count`.
fn pages(count: u32, size: i32) -> Vec<Vec<u32>> {
    let mut pages = Vec::new();
    let mut token = String::new();
    loop {
        let page = Page::of(&rooms("halifax", size, &token)).unwrap();
        let after: Option<u32> = page.after().unwrap();
        let rest = (1..=count).filter(|number| after.is_none_or(|after| *number > after));
        let (entries, next) = page.cut(rest, |number| *number);
        pages.push(entries);
        if next.is_empty() {
            return pages;
        }
        token = next;
    }
}

#[test]
fn pages_miss_nothing_and_repeat_nothing() {
    assert_eq!(pages(0, 2), [Vec::<u32>::new()]);
    assert_eq!(
        pages(4, 2),
        [[1, 2], [3, 4]],
        "a full last page has no next one"
    );
    assert_eq!(pages(5, 2), [vec![1, 2], vec![3, 4], vec![5]]);
    assert_eq!(
        pages(60, 0).iter().map(Vec::len).collect::<Vec<_>>(),
        [50, 10]
    );
}

fn refused(request: &impl Paged) -> (Code, String) {
    let status = Page::of(request).unwrap_err();
    (
        status.code(),
        status.get_details_error_info().unwrap().reason,
    )
}

#[test]
fn a_token_of_another_query_is_refused() {
    let page = Page::of(&rooms("halifax", 1, "")).unwrap();
    let token = page.token(&"h1");
    assert!(
        Page::of(&rooms("halifax", 7, &token)).is_ok(),
        "another size is the same query"
    );
    let invalid = (Code::InvalidArgument, "PAGE_TOKEN_INVALID".to_owned());
    assert_eq!(refused(&rooms("dartmouth", 1, &token)), invalid);
    assert_eq!(refused(&rooms("halifax", 1, "garbage")), invalid);
    assert_eq!(refused(&rooms("halifax", 1, "AAAA")), invalid);
    let other_method = ListHoldsRequest {
        site_ids: vec!["halifax".to_owned()],
        page_size: 1,
        page_token: token.clone(),
    };
    assert_eq!(refused(&other_method), invalid);
    // The right query, and a position that is none of its kind.
    let page = Page::of(&rooms("halifax", 1, &token)).unwrap();
    assert_eq!(
        page.after::<u32>().unwrap_err().code(),
        Code::InvalidArgument
    );
}

#[test]
fn a_page_has_its_bounds() {
    for size in [-1, 501, i32::MIN] {
        let wrong = (Code::InvalidArgument, "FIELDS_INVALID".to_owned());
        assert_eq!(refused(&rooms("halifax", size, "")), wrong, "{size}");
    }
    assert_eq!(Page::of(&rooms("halifax", 500, "")).unwrap().size(), 500);
}
